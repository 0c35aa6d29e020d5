// The group page: choosing records, deciding, and having the next group ready before it is asked for.

import { call, onKey, say } from "./app.js";

const ask = () => document.getElementById("ask");
const facts = () => document.querySelector("main [data-group]").dataset;
const boxes = () => [...document.querySelectorAll("input[data-member]")];
const chosen = () => boxes().filter((box) => box.checked).map((box) => box.dataset.member);
const others = () => boxes().filter((box) => !box.checked).map((box) => box.dataset.member);
const everyone = () => boxes().map((box) => box.dataset.member);
// What is done to some records says what becomes of the rest, so all of them have to be here.
const allShown = () => {
  const { size } = facts();
  if (Number(size) === everyone().length) return true;
  say(`This group has ${size} records, and not all are shown: decide on the whole, move records out, or split it in a spreadsheet and import the decisions.`, { wrong: true });
  return false;
};
const nameOf = (id) => document.querySelector(`input[data-member="${CSS.escape(id)}"]`)?.nextElementSibling.textContent ?? id;

const about = (ids) => (ids.length ? { parts: [ids] } : { everyone: true });

let busy = false;

async function decide(body) {
  if (busy) return;
  busy = true;
  const { run, group, version, queue } = facts();
  try {
    const done = await call(`/api/runs/${run}/decisions`, { body: { ...body, group_id: group, version: Number(version) } });
    say(sentence(done.says));
    const here = done.groups.find((each) => each.group_id === group);
    if (queue && here && !here.open) await go(1);
    else await reload();
  } catch (error) {
    say(error.told?.hint ? `${error.message}. ${error.told.hint}` : error.message, { wrong: true });
    if (error.status === 409) await reload();
  } finally {
    busy = false;
  }
}

async function act(path) {
  const { run, group } = facts();
  try {
    const done = await call(`/api/runs/${run}/${path}`);
    const elsewhere = done.groups.find((each) => each.group_id !== group);
    say(sentence(done.says));
    if (elsewhere && !done.groups.some((each) => each.group_id === group)) await show(address(elsewhere.group_id));
    else await reload();
  } catch (error) {
    say(error.message, { wrong: true });
  }
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const address = (group) => `/runs/${facts().run}/groups/${group}${{ queue: "?queue=true", sample: "?blind=true" }[facts().queue] ?? ""}`;

// --- pages that are shown without leaving this one ---

let ahead = null;

async function fetched(path) {
  const answer = await fetch(path, { headers: { accept: "text/html" } });
  if (answer.status === 401 || new URL(answer.url).pathname === "/enter") location.reload();
  return { path: new URL(answer.url).pathname + new URL(answer.url).search, page: new DOMParser().parseFromString(await answer.text(), "text/html") };
}

function put({ path, page }, { push = true } = {}) {
  document.querySelector("main").replaceWith(page.querySelector("main"));
  document.title = page.title;
  if (push && path !== location.pathname + location.search) history.pushState(null, "", path);
  document.querySelector("main").focus({ preventScroll: true });
  scrollTo(0, 0);
  lookAhead();
}

async function show(path) { put(await fetched(path)); }
async function reload() { put(await fetched(location.pathname + location.search), { push: false }); }

function nextPath(step) {
  const { run, group, queue } = facts();
  if (queue === "sample") return `/runs/${run}/sample?after=${encodeURIComponent(group)}`;
  return `/runs/${run}/queue?after=${encodeURIComponent(group)}${step < 0 ? "&step=-1" : ""}`;
}

async function go(step) {
  const path = nextPath(step);
  const ready = ahead && ahead.path === path ? await ahead.page : null;
  ahead = null;
  put(ready ?? (await fetched(path)));
}

function lookAhead() {
  const here = document.querySelector("main [data-group]");
  if (!here?.dataset.queue) return;
  const path = nextPath(1);
  ahead = { path, page: fetched(path) };
  ahead.page.catch(() => { ahead = null; });
}

addEventListener("popstate", () => location.reload());

// --- dialogs ---

function element(kind, properties = {}, ...children) {
  const made = Object.assign(document.createElement(kind), properties);
  made.append(...children);
  return made;
}

function asked(title, body, ok = "Decide") {
  const dialog = ask();
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector("[data-body]").replaceChildren(...body);
  dialog.querySelector("[data-ok]").textContent = ok;
  dialog.returnValue = "";
  dialog.showModal();
  dialog.querySelector("[data-body] :is(input, select, textarea)")?.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "ok"), { once: true });
  });
}

function line(label, control) {
  return element("label", { className: "line" }, label, control);
}

function why() {
  return element("input", { maxLength: 2000, placeholder: "not needed" });
}

async function split() {
  if (!allShown()) return;
  const ids = everyone();
  const parts = Math.max(2, Math.min(ids.length, 6));
  const picks = ids.map((id) => {
    const select = element("select", {}, ...[...Array(parts).keys()].map((at) => element("option", { value: at, textContent: `Part ${"ABCDEF"[at]}` })));
    select.value = chosen().includes(id) ? 1 : 0;
    return { id, select };
  });
  const names = [...Array(parts).keys()].map((at) => element("input", { placeholder: `Part ${"ABCDEF"[at]}`, maxLength: 200 }));
  const reason = why();
  const body = [
    element("div", { className: "parts" }, ...picks.map(({ id, select }) => element("label", {}, element("div", {}, element("span", { textContent: nameOf(id) }), select)))),
    element("details", {}, element("summary", { textContent: "Name the parts" }), ...names.map((input, at) => line(`Part ${"ABCDEF"[at]}`, input))),
    line("Why", reason),
  ];
  if (!(await asked("Split the group", body, "Split"))) return;
  const held = [...Array(parts).keys()].map((at) => ({ ids: picks.filter(({ select }) => Number(select.value) === at).map(({ id }) => id), name: names[at].value.trim() })).filter(({ ids: some }) => some.length);
  if (held.length < 2) { say("A split needs two parts: choose another part for some records.", { wrong: true }); return; }
  await decide({ kind: "split", parts: held.map(({ ids: some }) => some), names: held.some(({ name }) => name) ? held.map(({ name }) => name) : [], why: reason.value });
}

async function different() {
  const some = chosen();
  const rest = others();
  if (!some.length || !rest.length) { await decide({ kind: "different", everyone: true }); return; }
  if (!allShown()) return;
  await decide({ kind: "split", parts: [rest, some] });
}

async function disposition() {
  const ids = chosen();
  const choices = ["Keep", "Merge", "Delete", "Verify"].map((value, at) => element("input", { type: "radio", name: "disposition", value, required: true, checked: at === 0 }));
  const reason = why();
  const body = [element("div", { className: "choices" }, ...choices.map((input) => element("label", {}, input, input.value))), line("Why", reason)];
  if (!(await asked(`Disposition of ${ids.length === 1 ? nameOf(ids[0]) : `${ids.length || facts().size} records`}`, body))) return;
  await decide({ kind: "disposition", ...about(ids), value: choices.find((input) => input.checked).value, why: reason.value });
}

async function primary() {
  const ids = chosen();
  if (ids.length !== 1) { say("Choose the one record that is to be kept.", { wrong: true }); return; }
  await decide({ kind: "primary", parts: [ids] });
}

async function more() {
  const select = element("select", {}, ...[["note", "Write a note"], ["move", "Move the chosen records to another group"], ["out", "Move the chosen records out"], ["blacklist", "This name is no name: blacklist it"]].map(([value, textContent]) => element("option", { value, textContent })));
  const text = element("input", { maxLength: 2000 });
  const label = line("Note", text);
  select.addEventListener("change", () => {
    label.firstChild.textContent = { note: "Note", move: "Id of a record of the other group", out: "Nothing more to say", blacklist: "Name or phrase" }[select.value];
    label.hidden = select.value === "out";
    if (select.value === "blacklist") text.value = nameOf(chosen()[0] ?? everyone()[0]);
  });
  if (!(await asked("More", [line("What", select), label]))) return;
  const value = text.value.trim();
  const ids = chosen();
  if (select.value !== "out" && !value) { say("Nothing was written.", { wrong: true }); return; }
  if (select.value === "note") await decide({ kind: "note", ...about(ids), value });
  else if (select.value === "blacklist") await decide({ kind: "blacklist", value });
  else if (!ids.length) say("Choose the records to move first.", { wrong: true });
  else await decide({ kind: "move", parts: [ids, select.value === "out" ? [] : [value], others()] });
}

async function explain(path) {
  const dialog = document.getElementById("why");
  const answer = await fetch(`${path}&part=true`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  dialog.querySelector("[data-body]").replaceChildren(...page.body.childNodes);
  dialog.showModal();
}

async function takeValue(cell) {
  const { cell: record, field } = cell.dataset;
  const value = cell.textContent.trim();
  if (!(await asked(`Keep this ${field}?`, [element("p", { textContent: `“${value}”, of ${nameOf(record)}, is to be the golden record's ${field}.` })], "Keep it"))) return;
  const primaryId = document.querySelector("th.primary input[data-member]")?.dataset.member ?? everyone()[0];
  await decide({ kind: "value", parts: [[primaryId]], field, value });
}

const acts = { same: () => decide({ kind: "same", ...about(chosen().length > 1 ? chosen() : []) }), different, split, primary, disposition, more, undo: () => act("undo"), redo: () => act("redo"), next: () => go(1) };

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button) { acts[button.dataset.act](); return; }
  const back = event.target.closest("[data-undo]");
  if (back) { act(`undo?decision_id=${encodeURIComponent(back.dataset.undo)}`); return; }
  const link = event.target.closest("a[data-explain]");
  if (link && !event.ctrlKey && !event.metaKey) { event.preventDefault(); explain(link.getAttribute("href")); return; }
  const cell = event.target.closest("td[data-cell]");
  if (cell && facts().may && !getSelection().toString()) takeValue(cell);
});

const may = (handler) => () => (document.querySelector("main [data-may='yes']") ? handler() : false);
const queued = (handler) => () => (facts().queue ? handler() : false);
onKey({
  s: may(acts.same), d: may(different), x: may(split), p: may(primary), v: may(disposition), m: may(more),
  u: may(acts.undo), r: may(acts.redo),
  j: queued(() => go(1)), k: queued(() => go(-1)),
  w: () => { const first = document.querySelector("a[data-explain]"); if (!first) return false; explain(first.getAttribute("href")); return true; },
  a: () => { const all = boxes().every((box) => box.checked); for (const box of boxes()) box.checked = !all; },
  ...Object.fromEntries([..."123456789"].map((digit) => [digit, () => { const box = document.querySelector(`input[data-digit="${digit}"]`); if (!box) return false; box.checked = !box.checked; return true; }])),
});

lookAhead();

// --- what others decide ---

const events = new EventSource("/api/events");
events.addEventListener("decided", (event) => {
  const told = JSON.parse(event.data);
  const here = document.querySelector("main [data-group]");
  if (!here || told.run_id !== here.dataset.run) return;
  const mine = told.groups.find((each) => each.group_id === here.dataset.group);
  if (!mine || mine.version <= Number(here.dataset.version)) return;
  const notice = document.querySelector("[data-changed]");
  notice.hidden = false;
  notice.textContent = `${told.by} decided on this group: ${told.says}. Load it again to see it.`;
});
addEventListener("pagehide", () => events.close());
