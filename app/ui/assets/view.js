// A new turn is shown from its beginning, while Streamlit would scroll to the end of what comes below it.
// It is held there as its answer grows, until the user scrolls.

let shown = -1
let release = () => {}

export default function mount({ data }) {
  if (data.turn === shown) return
  shown = data.turn
  release()
  const main = document.querySelector(".stMain")
  const began = performance.now()
  let frame = 0
  const hold = () => {
    const turn = document.querySelector(`.st-key-turn_${data.turn}`)
    if (turn && main) {
      const away = turn.getBoundingClientRect().top - main.getBoundingClientRect().top - 30
      if (Math.abs(away) > 1) main.scrollTop += away
    }
    if (performance.now() - began < 20000) frame = requestAnimationFrame(hold)
    else release()
  }
  const hands = ["wheel", "touchstart", "keydown", "pointerdown"]
  release = () => {
    cancelAnimationFrame(frame)
    hands.forEach((event) => window.removeEventListener(event, release, true))
  }
  setTimeout(() => hands.forEach((event) => window.addEventListener(event, release, true)), 50)
  hold()
}
