// Runs under way: how far they have come, and giving up.

import { call, complain, say } from "./app.js";

const boxes = [...document.querySelectorAll("[data-job]")];

async function load(box) {
  const answer = await fetch(`/jobs/${encodeURIComponent(box.dataset.job)}?part=true`);
  if (!answer.ok) return;
  const at = document.activeElement;
  const [held] = at && box.contains(at) ? Object.keys(at.dataset) : [];
  const text = await answer.text();
  if (text === box.shown) return;
  box.shown = text;
  box.innerHTML = text;
  if (held) box.querySelector(`[data-${held}]`)?.focus();
}

if (boxes.length) {
  const events = new EventSource("/api/events");
  events.addEventListener("job", (event) => {
    const { run_id: run } = JSON.parse(event.data);
    for (const box of boxes) if (box.dataset.job === run) load(box);
  });
  // What happened before the page listened, or while it could not.
  events.addEventListener("open", () => boxes.forEach(load));
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-cancel], [data-again], [data-anew]");
  if (!button) return;
  const [[what, run]] = Object.entries(button.dataset);
  button.disabled = true;
  try {
    const job = await call(`/api/jobs/${encodeURIComponent(run)}/${what}`);
    if (what === "anew") {
      location.href = `/jobs/${encodeURIComponent(job.run_id)}`;
      return;
    }
    say(what === "cancel" ? "It gives up at the next step" : "It goes on");
    boxes.filter((box) => box.dataset.job === run).forEach(load);
  } catch (error) {
    button.disabled = false;
    complain(error);
  }
});
