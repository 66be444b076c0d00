// Says what the page cannot be told by a server that is gone: that it does not answer, that it had to start again, and
// that a file did not arrive.

const ASK_MS = 2500
const SHOWN_MS = 20000
const LOST_AFTER = 2
let watching = false

export function watch() {
  if (watching) return
  watching = true
  const server = banner("status")
  const files = banner("alert")
  let failures = 0
  let hide = 0
  const ask = async () => {
    if (document.hidden) return
    try {
      const answer = await fetch("/reprise/alive", { cache: "no-store" })
      const id = (await answer.json()).reprise
      const before = sessionStorage.getItem("reprise")
      sessionStorage.setItem("reprise", id)
      if (before && before !== id) {
        server.say("Reprise had to start again; everything is kept.")
        clearTimeout(hide)
        hide = setTimeout(() => server.say(""), SHOWN_MS)
      } else if (failures >= LOST_AFTER) server.say("")
      failures = 0
    } catch {
      failures += 1
      if (failures < LOST_AFTER) return
      clearTimeout(hide)
      server.say("Reprise does not answer. Everything is kept; the page goes on as soon as it is back.")
    }
  }
  setInterval(ask, ASK_MS)
  ask()
  const look = () => {
    const chips = [...document.querySelectorAll("[data-testid=stFileChip][aria-invalid=true] [data-testid=stFileChipName]")]
    const names = chips.map((chip) => chip.title).join(", ")
    files.say(names && `${names} did not arrive. If it is still being written or downloaded, wait until it is whole; ` +
      "a file may have at most 500 MB. Take it out, and drop it again.")
  }
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributeFilter: ["aria-invalid"] })
}

function banner(role) {
  const shown = document.querySelector(".stApp").appendChild(document.createElement("div")) // where its colours are
  shown.className = `rp-banner ${role}`
  shown.setAttribute("role", role)
  shown.hidden = true
  shown.onclick = () => (shown.hidden = true)
  return {
    say(words) {
      if (shown.textContent === words) return
      shown.textContent = words
      shown.hidden = !words
    },
  }
}
