// The list: one decision for all groups that it shows, after their number was confirmed.

import { call, complain, onKey, say } from "./app.js";

const form = document.getElementById("bulk");
const open = document.querySelector("[data-bulk]");

function told(name) {
  return JSON.parse(form.dataset[name]);
}

async function settle(body) {
  const run = form.dataset.run;
  try {
    const done = await call(`/api/runs/${run}/bulk`, { body });
    sessionStorage.setItem("bulk", JSON.stringify({ run, first: done.first, last: done.last, decisions: done.decisions }));
    location.reload();
  } catch (error) {
    complain(error);
  }
}

open?.addEventListener("click", () => form.showModal());
form?.addEventListener("close", () => {
  if (form.returnValue !== "ok") return;
  const [kind, value] = form.querySelector("select").value.split(":");
  settle({ query: told("query"), kind, value: value ?? null, why: form.querySelector("input").value, groups: told("groups") });
});
if (open) onKey({ b: () => form.showModal() });

const last = JSON.parse(sessionStorage.getItem("bulk") ?? "null");
if (last && last.run === form?.dataset.run) {
  const bar = document.querySelector("[data-bulk-done]");
  bar.hidden = false;
  bar.querySelector("span").textContent = `${last.decisions.toLocaleString("en")} decisions were written.`;
  bar.querySelector("button").addEventListener("click", async () => {
    try {
      await call(`/api/runs/${last.run}/bulk/back`, { body: { first: last.first, last: last.last } });
      say("All of them were taken back");
    } catch (error) {
      say(error.message, { wrong: true });
    }
    sessionStorage.removeItem("bulk");
    setTimeout(() => location.reload(), 600);
  });
}

// Figures and tags follow what others decide.
if (form) {
  const events = new EventSource("/api/events");
  events.addEventListener("decided", (event) => {
    const change = JSON.parse(event.data);
    if (change.run_id !== form.dataset.run) return;
    for (const group of change.groups) {
      const row = document.querySelector(`tr[data-group="${CSS.escape(group.group_id)}"]`);
      const tag = row?.querySelector("[data-decided]");
      if (tag) tag.hidden = !group.decided;
    }
    const notice = document.querySelector("[data-changed]");
    if (change.left !== undefined) document.querySelector("[data-left]").textContent = change.left.toLocaleString("en");
    notice.hidden = false;
  });
  addEventListener("pagehide", () => events.close());
}
