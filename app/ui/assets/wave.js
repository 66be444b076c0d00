// What both players share: the bars of a waveform, the clock, and that only one sound plays at a time.

export const PLAY = '<svg viewBox="0 0 12 12" aria-hidden="true"><path d="M2.5 0.8v10.4L11 6z"/></svg>'
export const PAUSE = '<svg viewBox="0 0 12 12" aria-hidden="true"><path d="M2 1h3v10H2zM7 1h3v10H7z"/></svg>'

export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds))
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  return (h ? `${h}:${String(m).padStart(2, "0")}` : `${m}`) + `:${String(s).padStart(2, "0")}`
}

// A row of bars as a mask: the element's background shows through, so that progress is a gradient.
export function drawBars(element, peaks) {
  const bars = peaks.map((peak, i) => {
    const height = Math.max(6, Math.min(100, peak))
    return `<rect x="${i * 4}" y="${(100 - height) / 2}" width="2.4" height="${height}" rx="1.2"/>`
  })
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" preserveAspectRatio="none" viewBox="0 0 ${peaks.length * 4 - 1.6} 100">${bars.join("")}</svg>`
  const image = `url("data:image/svg+xml,${encodeURIComponent(svg)}")`
  element.style.maskImage = image
  element.style.webkitMaskImage = image
}

export function paint(element, stops) {
  // stops: [[from, to, colour]] in shares of the width
  const parts = stops.map(([from, to, colour]) => `${colour} ${from * 100}% ${to * 100}%`)
  element.style.background = `linear-gradient(90deg, ${parts.join(", ")})`
}

export function playAlone(audio) {
  document.querySelectorAll("audio").forEach((other) => {
    if (other === audio) return
    other.pause()
    other.dispatchEvent(new Event("left"))
  })
  return audio.play()
}

export function button(parent, className, label, content) {
  const made = document.createElement("button")
  made.type = "button"
  made.className = className
  if (label) made.setAttribute("aria-label", label)
  if (content) made.innerHTML = content
  parent.append(made)
  return made
}

export function element(parent, tag, className) {
  const made = document.createElement(tag)
  made.className = className
  parent.append(made)
  return made
}

// Follows a sound smoothly while it plays.
export function follow(audio, show) {
  let frame = 0
  const step = () => {
    show()
    frame = audio.paused ? 0 : requestAnimationFrame(step)
  }
  audio.addEventListener("play", () => { cancelAnimationFrame(frame); step() })
  for (const event of ["pause", "ended", "seeked", "loadedmetadata"]) audio.addEventListener(event, show)
}
