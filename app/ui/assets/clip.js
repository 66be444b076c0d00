// The user's clip: its waveform, the span that was searched, passages worth searching, and any span by dragging.
import { PLAY, PAUSE, button, clock, drawBars, element, follow, paint, playAlone } from "./wave.js"

const clips = new WeakMap()
const SHORTEST_S = 1

export default function mount({ data, parentElement, setTriggerValue }) {
  let clip = clips.get(parentElement)
  if (!clip) clips.set(parentElement, (clip = build(parentElement)))
  clip.show(data, setTriggerValue)
  return () => { clip.leave(); clips.delete(parentElement) }
}

function build(parent) {
  const root = element(parent, "div", "rp-clip")
  const row = element(root, "div", "rp-row")
  const play = button(row, "rp-play")
  const wave = element(row, "div", "rp-wave")
  const bars = element(wave, "div", "rp-bars")
  const offers = element(root, "div", "rp-offers")
  const line = element(root, "div", "rp-name")
  const name = element(line, "span", "")
  const search = button(line, "rp-plain")
  const audio = element(root, "audio", "")
  audio.preload = "none"
  let data = null
  let pick = () => {}
  let chosen = null
  let held = null

  const share = (seconds) => Math.min(1, Math.max(0, seconds / data.duration_s))
  function draw() {
    const [from, to] = [share(chosen[0]), share(chosen[1])]
    const heard = share(chosen[0] + (audio.currentTime || 0))
    const on = "var(--rp-accent)"
    const off = "var(--rp-wave)"
    const playing = "color-mix(in srgb, var(--rp-accent) 45%, var(--rp-ink))"
    paint(bars, [[0, from, off], [from, heard, audio.currentTime ? playing : on], [heard, to, on], [to, 1, off]])
    play.innerHTML = audio.paused ? PLAY : PAUSE
    play.setAttribute("aria-label", `${audio.paused ? "Play" : "Pause"} ${data.name}`)
  }
  function choose(span) {
    chosen = span
    audio.pause()
    audio.src = `${data.sound_url}/${span[0].toFixed(3)}-${span[1].toFixed(3)}.wav`
    const whole = data.duration_s - (span[1] - span[0]) < 0.1
    const where = whole ? clock(data.duration_s) : `${clock(span[0])} to ${clock(span[1])}`
    name.textContent = `${data.name}, ${where}${data.note}${data.can_pick && !held && data.duration_s > 2 ? " (drag to change)" : ""}`
    const moved = Math.abs(span[0] - data.span[0]) + Math.abs(span[1] - data.span[1]) > 0.05
    search.hidden = !(moved && data.can_pick)
    search.textContent = `find moments like ${clock(span[0])} to ${clock(span[1])}`
    for (const offer of offers.children) offer.classList.toggle("on", Math.abs(offer.start - span[0]) < 0.05)
    draw()
  }
  function secondsAt(event) {
    const box = wave.getBoundingClientRect()
    return Math.min(data.duration_s, Math.max(0, ((event.clientX - box.left) / box.width) * data.duration_s))
  }
  play.onclick = () => (audio.paused ? playAlone(audio).catch(() => {}) : audio.pause())
  search.onclick = () => pick("pick", { start_s: chosen[0], end_s: chosen[1] })
  wave.onpointerdown = (event) => {
    if (!data.can_pick || event.button) return
    held = secondsAt(event)
    wave.setPointerCapture(event.pointerId)
  }
  wave.onpointermove = (event) => {
    if (held === null) return
    const to = secondsAt(event)
    const span = [Math.min(held, to), Math.max(held, to)]
    if (span[1] - span[0] >= Math.min(SHORTEST_S, data.duration_s)) choose(span)
  }
  wave.onpointerup = wave.onpointercancel = () => { held = null; choose(chosen) }
  follow(audio, draw)

  return {
    show(next, trigger) {
      pick = trigger
      if (data && JSON.stringify(data) === JSON.stringify(next)) return
      data = next
      drawBars(bars, data.peaks)
      bars.setAttribute("role", "img")
      bars.setAttribute("aria-label", `Waveform of ${data.name}`)
      offers.hidden = !data.offers.length
      offers.replaceChildren()
      data.offers.forEach((offer, i) => {
        const made = button(offers, "rp-offer", `Find moments like ${clock(offer.start_s)} to ${clock(offer.end_s)} of ${data.name}`)
        made.start = offer.start_s
        made.style.left = `min(${share(offer.start_s) * 100}%, 100% - 34px)`
        made.style.width = `${(share(offer.end_s) - share(offer.start_s)) * 100}%`
        made.textContent = clock(offer.start_s)
        made.disabled = !data.can_pick
        made.onclick = () => { choose([offer.start_s, offer.end_s]); pick("pick", { start_s: offer.start_s, end_s: offer.end_s }) }
      })
      choose(data.span)
    },
    leave() { audio.pause(); root.remove() },
  }
}
