// What every page shares: the list of keys, moving through rows, and what is said to the user.

const keys = document.getElementById("keys");

export function say(text, { wrong = false } = {}) {
  const line = document.createElement("p");
  line.textContent = text;
  if (wrong) line.className = "wrong";
  const said = document.getElementById("said");
  said.replaceChildren(...[...said.children].slice(-1), line);
  setTimeout(() => line.remove(), wrong ? 9000 : 4000);
}

// What went wrong, and what to do about it where the app knows.
export function reason(error) {
  return error.told?.hint ? `${error.message}. ${error.told.hint}` : error.message;
}

export function complain(error) {
  say(reason(error), { wrong: true });
}

// Keys are for the page unless somebody is writing or a dialog is open.
export function onKey(handlers) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    // A field of a dialog that was just closed has the focus for a moment longer.
    const field = event.target.closest("input, select, textarea, [contenteditable]");
    if (field && !field.closest("dialog:not([open])")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const handler = handlers[event.key];
    if (handler && handler(event) !== false) event.preventDefault();
  });
}

export async function call(path, { method = "POST", body } = {}) {
  const answer = await fetch(path, {
    method,
    headers: {
      "content-type": "application/json",
      "x-keepone-csrf": document.querySelector('meta[name="csrf"]')?.content ?? "",
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const told = await answer.json().catch(() => ({ detail: "The app failed; its terminal says why" }));
  if (!answer.ok) throw Object.assign(new Error(told?.detail ?? answer.statusText), { status: answer.status, told });
  return told;
}

document.querySelector("[data-keys]")?.addEventListener("click", () => keys.showModal());
onKey({
  "?": () => keys.showModal(),
  "/": () => document.querySelector('[data-key="/"]')?.focus(),
});

document.querySelector("[data-logout]")?.addEventListener("click", async () => {
  await call("/logout");
  location.replace("/enter");
});

// Times are stored as UTC, and shown as the clock on the wall has them.
export function tellTimes(within = document) {
  for (const time of within.querySelectorAll("time[data-local]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const two = (number) => String(number).padStart(2, "0");
    time.title = time.textContent;
    time.textContent = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
    delete time.dataset.local;
  }
}
tellTimes();

const rows = [...document.querySelectorAll("[data-rows] tbody tr")];
if (rows.length) {
  let at = -1;
  const move = (by) => {
    rows[at]?.classList.remove("at");
    at = Math.max(0, Math.min(rows.length - 1, at + by));
    rows[at].classList.add("at");
    rows[at].querySelector("a")?.focus({ preventScroll: true });
    rows[at].scrollIntoView({ block: "nearest" });
  };
  onKey({
    j: () => move(1),
    k: () => move(-1),
    Enter: () => { if (at < 0) return false; location.href = rows[at].dataset.href; },
    n: () => document.querySelector('a[rel="next"]')?.click(),
    p: () => document.querySelector('a[rel="prev"]')?.click(),
  });
  for (const row of rows) {
    row.addEventListener("click", (event) => {
      if (!event.target.closest("a") && !getSelection().toString()) location.href = row.dataset.href;
    });
  }
}

// A filter that is not set does not stand in the address.
for (const form of document.querySelectorAll("form[data-filters]")) {
  form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
  });
  for (const choice of form.querySelectorAll("select")) choice.addEventListener("change", () => form.requestSubmit());
}

// Cancel is no submit button: Enter in a field means the decision.
document.addEventListener("click", (event) => event.target.closest("[data-close]")?.closest("dialog").close(""));
