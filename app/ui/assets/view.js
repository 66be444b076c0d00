// A new turn is shown from its beginning, and held there as its answer grows, until the user scrolls.
import { watch } from "./watch.js"

const SETTLE_MS = 15000
const HANDS = ["wheel", "touchstart", "keydown", "pointerdown"]
let held = null

export default function mount({ data }) {
  watch()
  if (held && held.thread === data.thread && held.turn === data.turn) return held.until(data.live)
  held?.end()
  if (held && held.thread !== data.thread) uncover()
  held = { thread: data.thread, ...hold(data.turn, data.live) }
}

// On a phone the sidebar covers the conversation that was chosen in it.
function uncover() {
  const sidebar = document.querySelector(".stSidebar[aria-expanded=true], .stSidebar[data-collapsed=false]")
  if (innerWidth <= 768 && sidebar) sidebar.querySelector("[data-testid=stSidebarCollapseButton] button")?.click()
}

function hold(turn, live) {
  let frame = 0
  let deadline = 0
  const end = () => {
    cancelAnimationFrame(frame)
    deadline = 0
    HANDS.forEach((event) => window.removeEventListener(event, end, true))
  }
  const step = () => {
    const shown = document.querySelector(`.st-key-turn_${turn}`)
    const main = document.querySelector(".stMain")
    if (shown && main) {
      const header = document.querySelector(".stAppHeader")?.offsetHeight ?? 40
      const away = shown.getBoundingClientRect().top - main.getBoundingClientRect().top - header - 4
      if (Math.abs(away) > 1) main.scrollTop += away
    }
    if (performance.now() < deadline) frame = requestAnimationFrame(step)
    else end()
  }
  const until = (stillLive) => {
    if (deadline) deadline = stillLive ? Infinity : performance.now() + SETTLE_MS
  }
  deadline = Infinity
  until(live)
  // The key or click that sent the message is not one that scrolls away from it.
  setTimeout(() => deadline && HANDS.forEach((event) => window.addEventListener(event, end, true)), 50)
  step()
  return { turn, until, end }
}
