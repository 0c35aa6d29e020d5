// The log: taking one decision back.

import { call, say } from "./app.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-undo]");
  if (!button) return;
  button.disabled = true;
  try {
    await call(`/api/runs/${button.dataset.run}/undo?decision_id=${encodeURIComponent(button.dataset.undo)}`);
    location.reload();
  } catch (error) {
    button.disabled = false;
    say(error.message, { wrong: true });
  }
});
