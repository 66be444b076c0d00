// A hit's player: the moment by itself, cut at exact samples, or the whole track from the moment on. Where a phrase or
// a beat begins nearby, a link starts there instead.
import { PLAY, PAUSE, button, clock, drawBars, element, follow, paint, playAlone } from "./wave.js"

const players = new WeakMap()

export default function mount({ data, parentElement }) {
  let player = players.get(parentElement)
  if (!player) players.set(parentElement, (player = build(parentElement)))
  player.show(data)
  return () => { player.leave(); players.delete(parentElement) }
}

function build(parent) {
  const root = element(parent, "div", "rp-player")
  const play = button(root, "rp-play")
  const wave = element(root, "div", "rp-wave")
  const region = element(wave, "div", "rp-region")
  const bars = element(wave, "div", "rp-bars")
  const seek = element(wave, "input", "")
  Object.assign(seek, { type: "range", min: 0, step: 0.1 })
  const time = element(root, "span", "rp-time")
  const inTrack = button(root, "rp-plain rp-in-track")
  inTrack.textContent = "hear in track"
  const below = element(root, "div", "rp-below")
  const fromThere = button(below, "rp-from")
  const audio = element(root, "audio", "")
  audio.preload = "none"
  let data = null
  let whole = false
  let musical = false
  let startAt = null

  const span = () => (musical ? data.musical : data)
  const length = () => (whole ? data.track_s : span().end_s - span().start_s)
  const now = () => (startAt !== null ? startAt : audio.currentTime || 0)
  function draw() {
    const at = Math.min(1, now() / length())
    paint(bars, [[0, at, "var(--rp-accent)"], [at, 1, "var(--rp-wave)"]])
    play.innerHTML = audio.paused ? PLAY : PAUSE
    play.setAttribute("aria-label", `${audio.paused ? "Play" : "Pause"} ${data.label}`)
    const begun = !audio.paused || now() > 0
    if (root.classList.contains("failed")) time.textContent = "cannot be played"
    else time.textContent = whole ? `${clock(now())} / ${clock(length())}` : clock(begun ? now() : length())
    seek.value = now()
    seek.setAttribute("aria-valuetext", `${clock(now())} of ${clock(length())}`)
  }
  function load() {
    root.classList.remove("failed")
    audio.src = whole ? data.track_url : musical ? data.musical.url : data.moment_url
    startAt = whole ? span().start_s : null
    drawBars(bars, whole ? data.track_peaks : span().peaks)
    region.hidden = !whole
    region.style.left = `${(100 * span().start_s) / data.track_s}%`
    region.style.width = `${(100 * (span().end_s - span().start_s)) / data.track_s}%`
    below.hidden = !data.musical
    fromThere.textContent = data.musical ? data.musical.label : ""
    fromThere.title = data.musical ? data.musical.title : ""
    fromThere.setAttribute("aria-pressed", String(musical))
    inTrack.textContent = whole ? "just the moment" : "hear in track"
    inTrack.setAttribute("aria-pressed", String(whole))
    seek.max = length()
    seek.setAttribute("aria-label", `Position in ${data.label}`)
    draw()
  }
  const start = () => playAlone(audio).catch(() => {})
  play.onclick = () => (audio.paused ? start() : audio.pause())
  inTrack.onclick = () => { audio.pause(); whole = !whole; load(); start() }
  fromThere.onclick = () => { audio.pause(); musical = !musical; load(); start() }
  seek.oninput = () => {
    if (audio.readyState) audio.currentTime = Number(seek.value)
    else startAt = Number(seek.value)
    draw()
  }
  audio.addEventListener("loadedmetadata", () => {
    if (startAt !== null) audio.currentTime = startAt
    startAt = null
  })
  audio.addEventListener("error", () => {
    if (!audio.getAttribute("src")) return
    root.classList.add("failed")
    time.title = "The file is gone, or this browser does not know its format."
    draw()
  })
  follow(audio, draw)

  // What became of a playing: heard to the end of the moment, or left early for something else.
  let told = true
  let heard = 0
  let last = 0
  const tell = (kind) => {
    told = true
    const body = JSON.stringify({ track: data.track, start_s: data.start_s, end_s: data.end_s, kind })
    fetch("/reprise/heard", { method: "POST", keepalive: true, headers: { "Content-Type": "application/json" }, body })
      .catch(() => {})
  }
  const place = () => (whole ? audio.currentTime - span().start_s : audio.currentTime)
  const hear = () => {
    if (told || startAt !== null || audio.seeking) return
    const at = place()
    const moment_s = span().end_s - span().start_s
    if (at > last) heard += at - last // however long ago the last look was: a busy page looks seldom
    last = at
    if (heard > 0.6 * moment_s && at > moment_s - 0.5) tell("finished")
  }
  const left = () => {
    hear()
    if (!told && heard > 1 && heard < 0.5 * (span().end_s - span().start_s)) tell("skipped")
    told = true
  }
  audio.addEventListener("play", () => { if (told) [told, heard, last] = [false, 0, 0] })
  audio.addEventListener("timeupdate", hear)
  audio.addEventListener("ended", hear)
  audio.addEventListener("seeking", () => { last = place() }) // what is leapt over is not heard
  audio.addEventListener("left", left)
  window.addEventListener("pagehide", left)

  return {
    show(next) {
      const same = data && data.moment_url === next.moment_url
      data = next
      same ? draw() : ((whole = musical = false), load())
    },
    leave() { left(); window.removeEventListener("pagehide", left); audio.pause(); root.remove() },
  }
}
