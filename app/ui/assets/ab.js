// Two passages one above the other on one musical clock: a switch goes to the same place in the other, whatever its tempo.
import { PLAY, PAUSE, button, clock, drawBars, element, follow, paint, playAlone } from "./wave.js"

const built = new WeakMap()

export default function mount({ data, parentElement }) {
  let both = built.get(parentElement)
  if (!both) built.set(parentElement, (both = build(parentElement)))
  both.show(data)
  return () => { both.leave(); built.delete(parentElement) }
}

function build(parent) {
  const root = element(parent, "div", "rp-ab")
  const hand = element(root, "div", "rp-ab-hand")
  const play = button(hand, "rp-play")
  const change = button(hand, "rp-plain rp-switch")
  const said = element(hand, "span", "rp-said")
  const time = element(hand, "span", "rp-time")
  const rows = element(root, "div", "rp-ab-rows")
  const sides = [0, 1].map((side) => row(rows, () => go(side), (share) => seek(side, share)))
  let data = null
  let at = 0

  // Shares of the passage are the same musical place in both: the second is as long as the first, times the tempo ratio.
  const length = (side) => data.sides[side].length_s
  const share = (side) => Math.min(1, (sides[side].audio.currentTime || sides[side].startAt || 0) / length(side))
  const playing = () => !sides[at].audio.paused

  function draw() {
    const done = share(at)
    sides.forEach((side, number) => {
      const colour = number === at ? "var(--rp-accent)" : "var(--rp-soft)"
      paint(side.bars, [[0, done, colour], [done, 1, "var(--rp-wave)"]])
      side.name.setAttribute("aria-pressed", String(number === at))
      side.input.value = done
      side.input.setAttribute("aria-valuetext", `${clock(done * length(number))} of ${clock(length(number))}`)
    })
    play.innerHTML = playing() ? PAUSE : PLAY
    play.setAttribute("aria-label", `${playing() ? "Pause" : "Play"} ${data.sides[at].name}`)
    change.setAttribute("aria-label", `Hear ${data.sides[1 - at].name} from the same place`)
    said.textContent = data.sides[at].name
    // A line across the pictures and chords below, which lie on the same axis.
    const around = root.closest("[class*='st-key-evidence_'], [class*='st-key-hit_']")
    around?.style.setProperty("--rp-at", done)
    around?.style.setProperty("--rp-heard", done > 0 && done < 1 ? 0.55 : 0)
    const failed = root.classList.contains("failed")
    time.textContent = failed ? "cannot be played" : clock(data.sides[at].start_s + done * length(at))
  }
  function place(side, to) {
    const { audio } = sides[side]
    if (audio.readyState) audio.currentTime = to * length(side)
    else sides[side].startAt = to * length(side)
  }
  function go(side) {
    const on = playing()
    const to = share(at)
    sides[at].audio.pause()
    at = side
    place(at, to < 1 ? to : 0)
    if (on) start()
    draw()
  }
  function seek(side, to) {
    if (side !== at) go(side)
    place(at, to)
    draw()
  }
  function start() {
    for (const { audio } of sides) if (audio.preload !== "auto") { audio.preload = "auto"; audio.load() }
    playAlone(sides[at].audio).catch(() => {})
  }
  play.onclick = () => (playing() ? sides[at].audio.pause() : start())
  change.onclick = () => go(1 - at)
  change.textContent = "⇄ switch"
  change.title = "To the same musical place in the other"
  sides.forEach((side) => {
    side.audio.addEventListener("loadedmetadata", () => {
      if (side.startAt) side.audio.currentTime = side.startAt
      side.startAt = 0
    })
    side.audio.addEventListener("error", () => {
      if (!side.audio.getAttribute("src")) return
      root.classList.add("failed")
      draw()
    })
    follow(side.audio, () => data && draw())
  })

  return {
    show(next) {
      const same = data && next.sides.every((side, number) => side.url === data.sides[number].url)
      data = next
      if (same) return draw()
      at = 0
      root.classList.remove("failed")
      sides.forEach((side, number) => {
        const { name, url, peaks } = data.sides[number]
        side.name.textContent = name
        side.name.title = `Hear ${name}`
        side.input.setAttribute("aria-label", `Position in ${name}`)
        side.audio.preload = "none"
        side.audio.src = url
        side.startAt = 0
        drawBars(side.bars, peaks)
      })
      draw()
    },
    leave() { sides.forEach((side) => side.audio.pause()); root.remove() },
  }
}

function row(parent, chosen, sought) {
  const line = element(parent, "div", "rp-ab-row")
  const name = button(line, "rp-ab-name")
  const wave = element(line, "div", "rp-wave")
  const bars = element(wave, "div", "rp-bars")
  const input = element(wave, "input", "")
  Object.assign(input, { type: "range", min: 0, max: 1, step: 0.005 })
  const audio = element(line, "audio", "")
  name.onclick = chosen
  input.oninput = () => sought(Number(input.value))
  return { name, bars, input, audio, startAt: 0 }
}
