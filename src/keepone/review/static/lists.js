// The lists: read from the form, previewed on a run, saved.

import { call, reason, say } from "./app.js";

const form = document.querySelector("[data-lists]");
const wrong = document.querySelector("[data-wrong]");
const shown = document.querySelector("[data-shown]");

function lines(name) {
  return form.elements[name].value.split("\n").map((line) => line.trim()).filter(Boolean);
}

function table(name, label) {
  const found = {};
  for (const line of lines(name)) {
    const colon = line.indexOf(":");
    const word = line.slice(0, colon).trim();
    const texts = line.slice(colon + 1).split(",").map((text) => text.trim()).filter(Boolean);
    if (colon < 1 || !word || !texts.length) throw new Error(`${label}: “${line}” needs a colon and spellings after it`);
    found[word] = [...(found[word] ?? []), ...texts];
  }
  return found;
}

function told() {
  return {
    blacklist: lines("blacklist"),
    legal_forms: table("legal_forms", "Legal forms"),
    abbreviations: table("abbreviations", "Abbreviations"),
  };
}

function refuse(error) {
  wrong.hidden = !error;
  if (error) wrong.textContent = reason(error);
}

async function preview() {
  const run = form.elements.run.value;
  const answer = await fetch(`/runs/${encodeURIComponent(run)}/lists`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-keepone-csrf": document.querySelector('meta[name="csrf"]').content,
    },
    body: JSON.stringify(told()),
  });
  const text = await answer.text();
  if (answer.ok) {
    shown.innerHTML = text;
    return;
  }
  // The page of an error says it in its heading; its twin says it plainly.
  await call(`/api/runs/${encodeURIComponent(run)}/lists`, { body: told() });
}

async function attempt(button, work) {
  button.disabled = true;
  refuse(null);
  try {
    await work();
  } catch (error) {
    refuse(error);
  }
  button.disabled = false;
}

document.querySelector("[data-preview]")?.addEventListener("click", (event) => attempt(event.target, preview));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const button = form.querySelector("[data-save]");
  if (!button) return;
  attempt(button, async () => {
    const saved = await call("/api/lists", { method: "PUT", body: { lists: told(), version: form.dataset.version } });
    form.dataset.version = saved.version;
    say("Saved; the next run takes them");
  });
});
