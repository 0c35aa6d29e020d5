// The group page: choosing records, deciding, and having the next group ready before it is asked for.

import { call, complain, onKey, say, tellTimes } from "./app.js";

const ask = () => document.getElementById("ask");
const facts = () => document.querySelector("main [data-group]").dataset;
const boxes = () => [...document.querySelectorAll("input[data-member]")];
const shown = () => boxes().map((box) => box.dataset.member);
const name = (box) => box.closest("label").querySelector("[data-name]").textContent;

// Records that are chosen, by id with their names: also those on other pages of the group.
const picked = new Map();
let pickedOf = null;
const chosen = () => [...picked.keys()];
const isWhole = () => Number(facts().size) === shown().length;
const nameOf = (id) => picked.get(id) ?? boxes().filter((box) => box.dataset.member === id).map(name)[0] ?? id;
const several = (count) => `${count.toLocaleString("en")} ${count === 1 ? "record" : "records"}`;

function pick(box) {
  if (box.checked) picked.set(box.dataset.member, name(box));
  else picked.delete(box.dataset.member);
}

// Boxes follow what is chosen, and the line above them says what a decision would be about.
function tellPicked() {
  const { group, size } = facts();
  if (pickedOf !== group) picked.clear();
  pickedOf = group;
  for (const box of boxes()) box.checked = picked.has(box.dataset.member);
  const line = document.querySelector("[data-selected]");
  const elsewhere = picked.size - boxes().filter((box) => box.checked).length;
  line.firstElementChild.textContent = picked.size
    ? `${picked.size.toLocaleString("en")} of ${several(Number(size))} chosen${elsewhere ? `, ${elsewhere.toLocaleString("en")} of them not shown here` : ""}.`
    : line.dataset.none;
  line.querySelector("[data-clear]").hidden = !picked.size;
}

const about = (ids) => (ids.length ? { parts: [ids] } : { everyone: true });

let busy = false;

async function decide(body) {
  if (busy) return;
  busy = true;
  const { run, group, version, queue } = facts();
  try {
    const done = await call(`/api/runs/${run}/decisions`, { body: { ...body, group_id: group, version: Number(version) } });
    say(sentence(done.says));
    picked.clear();
    const here = done.groups.find((each) => each.group_id === group);
    if (queue && here && !here.open) await go(1);
    else await reload();
  } catch (error) {
    complain(error);
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

const words = (text) => text.replaceAll("_", " ");
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const isAlone = () => Number(facts().size) === 1;
const ALONE = "This record stands alone: say what becomes of it (v), or join it with another (m).";

// A page of the queue keeps the list that the queue goes through in its address.
function within(path, told) {
  const query = new URLSearchParams(facts().list);
  for (const [name_, value] of Object.entries(told)) query.set(name_, value);
  return query.size ? `${path}?${query}` : path;
}

const address = (group) => within(`/runs/${facts().run}/groups/${group}`, { queue: { queue: true }, sample: { blind: true } }[facts().queue] ?? {});

// --- pages that are shown without leaving this one ---

let ahead = null;

async function fetched(path) {
  const answer = await fetch(path, { headers: { accept: "text/html" } });
  if (answer.status === 401 || new URL(answer.url).pathname === "/enter") location.reload();
  return { path: new URL(answer.url).pathname + new URL(answer.url).search, page: new DOMParser().parseFromString(await answer.text(), "text/html") };
}

function put({ path, page }, { push = true } = {}) {
  document.querySelector("main").replaceWith(page.querySelector("main"));
  tellTimes();
  document.title = page.title;
  if (push && path !== location.pathname + location.search) history.pushState(null, "", path);
  document.querySelector("main").focus({ preventScroll: true });
  scrollTo(0, 0);
  if (document.querySelector("main [data-group]")) tellPicked();
  lookAhead();
}

async function show(path) { put(await fetched(path)); }
async function reload() { put(await fetched(location.pathname + location.search), { push: false }); }

function nextPath(step) {
  const { run, group, queue } = facts();
  if (queue === "sample") return `/runs/${run}/sample?after=${encodeURIComponent(group)}`;
  return within(`/runs/${run}/queue`, { after: group, ...(step < 0 ? { step } : {}) });
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
  (dialog.querySelector("[data-body] input[type=radio]:checked") ?? dialog.querySelector("[data-body] :is(input, select, textarea)"))?.focus();
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

// Parts of a few records are made one by one; of many, what is chosen parts from all others.
async function split() {
  if (isAlone()) { say(ALONE, { wrong: true }); return; }
  if (!isWhole() || Number(facts().size) > 12) { await splitOff(); return; }
  const ids = shown();
  const letters = [..."ABCDEF"].slice(0, Math.max(2, Math.min(ids.length, 6)));
  const picks = ids.map((id) => {
    const select = element("select", {}, ...letters.map((letter, at) => element("option", { value: at, textContent: `Part ${letter}` })));
    select.value = picked.has(id) ? 1 : 0;
    return { id, select };
  });
  const names = letters.map((letter) => element("input", { placeholder: `Part ${letter}`, maxLength: 200 }));
  const reason = why();
  const body = [
    element("div", { className: "parts" }, ...picks.map(({ id, select }) => element("label", {}, element("span", { textContent: nameOf(id) }), select))),
    element("details", {}, element("summary", { textContent: "Name the parts" }), ...names.map((input, at) => line(`Part ${letters[at]}`, input))),
    line("Why", reason),
  ];
  if (!(await asked("Split the group", body, "Split"))) return;
  const held = letters.map((_, at) => ({ ids: picks.filter(({ select }) => Number(select.value) === at).map(({ id }) => id), name: names[at].value.trim() })).filter(({ ids: some }) => some.length);
  if (held.length < 2) { say("A split needs two parts: choose another part for some records.", { wrong: true }); return; }
  await decide({ kind: "split", parts: held.map(({ ids: some }) => some), names: held.some(({ name: own }) => own) ? held.map(({ name: own }) => own) : [], why: reason.value });
}

async function splitOff() {
  const ids = chosen();
  const left = Number(facts().size) - ids.length;
  if (!ids.length || !left) { say("Choose the records that are another company first.", { wrong: true }); return; }
  const names = ["Chosen", "Others"].map((placeholder) => element("input", { placeholder, maxLength: 200 }));
  const reason = why();
  const body = [
    element("p", { textContent: `The ${several(ids.length)} chosen and the other ${left.toLocaleString("en")}, shown or not, will be two companies.` }),
    line("Name of the chosen", names[0]), line("Name of the others", names[1]), line("Why", reason),
  ];
  if (!(await asked("Split the group", body, "Split"))) return;
  const told = names.map((input) => input.value.trim());
  await decide({ kind: "split", parts: [ids], rest: true, names: told.some(Boolean) ? told : [], why: reason.value });
}

async function different() {
  if (isAlone()) { say(ALONE, { wrong: true }); return; }
  const ids = chosen();
  if (ids.length && ids.length < Number(facts().size)) { await decide({ kind: "split", parts: [ids], rest: true }); return; }
  if (Number(facts().size) > 9 && !(await asked("Not the same?", [element("p", { textContent: `All ${several(Number(facts().size))}, shown or not, will be companies of their own.` })]))) return;
  await decide({ kind: "different", everyone: true });
}

async function disposition() {
  const ids = chosen();
  const labels = JSON.parse(facts().labels);
  const about_ = boxes().filter((box) => !ids.length || ids.includes(box.dataset.member));
  const proposed = about_.map((box) => box.dataset.proposed).find(Boolean);
  const values = ["Keep", "Merge", "Delete", "Verify"];
  const first = Math.max(0, values.findIndex((value) => labels[value.toLowerCase()] === proposed));
  const choices = values.map((value, at) => element("input", { type: "radio", name: "disposition", value, required: true, checked: at === first }));
  const reason = why();
  const body = [element("div", { className: "choices" }, ...choices.map((input) => element("label", {}, input, `${labels[input.value.toLowerCase()]}${proposed && input.checked ? " (proposed)" : ""}`))), line("Why", reason)];
  if (!(await asked(`Disposition of ${ids.length === 1 || isAlone() ? nameOf(ids[0] ?? shown()[0]) : several(ids.length || Number(facts().size))}`, body))) return;
  await decide({ kind: "disposition", ...about(ids), value: choices.find((input) => input.checked).value, why: reason.value });
}

async function primary() {
  if (isAlone()) { say(ALONE, { wrong: true }); return; }
  const ids = chosen();
  if (ids.length !== 1) { say("Choose the one record that is to be kept.", { wrong: true }); return; }
  await decide({ kind: "primary", parts: [ids] });
}

// Members to move, by name: those that are chosen are, and others can be.
function movers() {
  const shownHere = new Set(shown());
  const elsewhere = chosen().filter((id) => !shownHere.has(id));
  const picks = [...shown(), ...elsewhere].map((id) => ({ id, input: element("input", { type: "checkbox", checked: isAlone() || picked.has(id) }) }));
  const list = element("fieldset", { className: "choices long", hidden: isAlone() }, element("legend", { textContent: "Which records" }), ...picks.map(({ id, input }) => element("label", {}, input, element("span", { textContent: nameOf(id) }))));
  return { list, ids: () => picks.filter(({ input }) => input.checked).map(({ id }) => id) };
}

// Groups to move to, by name: what nearly joined stands there at once, others are searched.
function targets() {
  const { run, group } = facts();
  const search = element("input", { type: "search", maxLength: 200, placeholder: "Name, id, web site, phone", autocomplete: "off" });
  const found = element("div", { className: "choices long" });
  found.setAttribute("role", "radiogroup");
  found.setAttribute("aria-label", "Group to move to");
  const told = element("p", { className: "faint" });
  told.setAttribute("role", "status");
  let asked_ = 0;
  let waits = null;
  async function look() {
    const mine = ++asked_;
    const text = search.value.trim();
    try {
      const { targets: all } = await call(`/api/runs/${run}/groups/${group}/targets?q=${encodeURIComponent(text)}`, { method: "GET" });
      if (mine !== asked_) return;
      found.replaceChildren(...all.map((each, at) => element("label", {},
        element("input", { type: "radio", name: "target", value: each.record_id, checked: at === 0 }),
        element("span", {}, each.name, element("span", { className: "faint", textContent: [each.says, several(each.group_size), each.score === null ? "" : `nearly joined, ${Math.floor(each.score * 10) / 10} %`].filter(Boolean).map((part) => ` · ${part}`).join("") })))));
      told.textContent = all.length ? "" : text ? `No other group holds “${text}”.` : "Nothing nearly joined: search for the group.";
    } catch (error) {
      told.textContent = error.message;
    }
  }
  search.addEventListener("input", () => { clearTimeout(waits); waits = setTimeout(look, 150); });
  const body = element("div", {}, line("To which group", search), found, told);
  return { body, look, record: () => found.querySelector("input:checked")?.value };
}

// All records of a group that move to another make one group of both.
function moved(ids, target) {
  if (target && ids.length === Number(facts().size)) return { kind: "same", parts: [[...ids, target]] };
  return { kind: "move", parts: [ids, target ? [target] : []], rest: true };
}

async function more() {
  const kinds = [["note", "Write a note"], ["move", isAlone() ? "Join it with another group" : "Move records to another group"], ["out", "Move records out, to be a group of their own"], ["blacklist", "This name is no name: blacklist it"]];
  const select = element("select", {}, ...kinds.filter(([value]) => value !== "out" || !isAlone()).map(([value, textContent]) => element("option", { value, textContent })));
  const text = element("input", { maxLength: 2000 });
  const label = line("Note", text);
  const who = movers();
  const where = targets();
  function follow() {
    const moves = select.value === "move" || select.value === "out";
    label.firstChild.textContent = { note: "Note", blacklist: "Name or phrase" }[select.value] ?? "";
    label.hidden = moves;
    who.list.hidden = !moves || isAlone();
    where.body.hidden = select.value !== "move";
    if (select.value === "move") where.look();
    if (select.value === "blacklist") text.value = nameOf(chosen()[0] ?? shown()[0]);
  }
  if (picked.size || isAlone()) select.value = "move";
  select.addEventListener("change", follow);
  follow();
  if (!(await asked("More", [line("What", select), who.list, where.body, label]))) return;
  const value = text.value.trim();
  if (select.value === "note" || select.value === "blacklist") {
    if (!value) say("Nothing was written.", { wrong: true });
    else await decide({ kind: select.value, ...(select.value === "note" ? about(chosen()) : {}), value });
    return;
  }
  const ids = who.ids();
  const target = select.value === "move" ? where.record() : undefined;
  if (!ids.length) say("Choose the records to move.", { wrong: true });
  else if (select.value === "move" && !target) say("Choose the group to move them to.", { wrong: true });
  else if (!target && ids.length === Number(facts().size)) say("Leave a record in the group: all of them are a group already.", { wrong: true });
  else await decide(moved(ids, target));
}

async function same() {
  if (isAlone()) { say(ALONE, { wrong: true }); return; }
  if (picked.size === 1) { say("Choose two records or more, or none: then all are meant.", { wrong: true }); return; }
  await decide({ kind: "same", ...about(chosen()) });
}

async function explain(path) {
  const dialog = document.getElementById("why");
  const answer = await fetch(`${path}&part=true`);
  if (answer.redirected) { location.reload(); return; }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  dialog.querySelector("[data-body]").replaceChildren(...page.body.childNodes);
  dialog.showModal();
}

// A golden value is decided of the group, so of the record that stands for it.
async function keepValue(field, value, why_ = "") {
  await decide({ kind: "value", parts: [[facts().primary]], field, value, why: why_ });
}

async function takeValue(cell) {
  const { cell: record, field, value } = cell.dataset;
  if (await asked(`Keep this ${words(field)}?`, [element("p", { textContent: `“${value}”, of ${nameOf(record)}, is to be the golden record's ${words(field)}.` })], "Keep it")) await keepValue(field, value);
}

async function chooseValue(button) {
  const { golden: field, values } = button.dataset;
  const own = element("input", { maxLength: 2000, placeholder: "another value" });
  const choices = JSON.parse(values).map(({ value, from }, at) => {
    const input = element("input", { type: "radio", name: "value", value, checked: at === 0 });
    return { input, label: element("label", {}, input, element("span", {}, value, from ? element("span", { className: "faint", textContent: ` of ${from}` }) : "")) };
  });
  const reason = why();
  const body = [element("div", { className: "choices" }, ...choices.map(({ label }) => label)), line("Or write one", own), line("Why", reason)];
  if (!(await asked(`Golden ${words(field)}`, body, "Keep it"))) return;
  const value = own.value.trim() || choices.find(({ input }) => input.checked)?.input.value;
  if (!value) { say("Nothing was chosen.", { wrong: true }); return; }
  await keepValue(field, value, reason.value);
}

// Two chosen records are explained, or the weakest link of the group.
function whyOf() {
  const { run } = facts();
  const ids = chosen();
  if (ids.length === 2) { explain(`/runs/${run}/explain?a=${encodeURIComponent(ids[0])}&b=${encodeURIComponent(ids[1])}`); return true; }
  if (ids.length) { say("Choose two records to see why they are one company, or not.", { wrong: true }); return true; }
  const weakest = document.querySelector("a[data-weakest]") ?? document.querySelector("a[data-explain]");
  if (!weakest) return false;
  explain(weakest.getAttribute("href"));
  return true;
}

async function choose(text) {
  const { run, group } = facts();
  try {
    const { members } = await call(`/api/runs/${run}/groups/${group}/members?q=${encodeURIComponent(text)}`, { method: "GET" });
    for (const each of members) picked.set(each.record_id, each.name);
    tellPicked();
    say(`${several(members.length)} hold “${text}”`);
  } catch (error) {
    say(error.message, { wrong: true });
  }
}

const acts = { same, different, split, primary, disposition, more, undo: () => act("undo"), redo: () => act("redo"), next: () => go(1) };

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button) { acts[button.dataset.act](); return; }
  const back = event.target.closest("[data-undo]");
  if (back) { act(`undo?decision_id=${encodeURIComponent(back.dataset.undo)}`); return; }
  const link = event.target.closest("a[data-explain]");
  if (link && !event.ctrlKey && !event.metaKey) { event.preventDefault(); explain(link.getAttribute("href")); return; }
  const near = event.target.closest("button[data-near]");
  if (near) { decide({ kind: near.dataset.near, parts: near.dataset.near === "same" ? [[near.dataset.a, near.dataset.b]] : [[near.dataset.a], [near.dataset.b]] }); return; }
  const turn = event.target.closest("a[data-turn]");
  if (turn && !event.ctrlKey && !event.metaKey) { event.preventDefault(); show(turn.getAttribute("href")); return; }
  const all = event.target.closest("[data-all-links]");
  if (all) { for (const row of document.querySelectorAll("#main tr[hidden]")) row.hidden = false; all.parentElement.remove(); return; }
  if (event.target.closest("[data-clear]")) { picked.clear(); tellPicked(); return; }
  const golden = event.target.closest("button[data-golden]");
  if (golden) { chooseValue(golden); return; }
  const cell = event.target.closest("td[data-value]");
  if (cell && facts().may && !getSelection().toString()) takeValue(cell);
});
document.addEventListener("change", (event) => {
  if (event.target.matches("input[data-member]")) { pick(event.target); tellPicked(); }
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-find]")) return;
  event.preventDefault();
  const text = new FormData(event.target).get("q").trim();
  if (text) choose(text);
});

const may = (handler) => () => (document.querySelector("main [data-may='yes']") ? handler() : false);
const queued = (handler) => () => (facts().queue ? handler() : false);
onKey({
  s: may(acts.same), d: may(different), x: may(split), p: may(primary), v: may(disposition), m: may(more),
  u: may(acts.undo), r: may(acts.redo),
  j: queued(() => go(1)), k: queued(() => go(-1)),
  w: whyOf,
  g: may(() => { const first = document.querySelector("button[data-golden]"); if (!first) return false; first.focus(); return true; }),
  n: () => document.querySelector('a[rel="next"]')?.click(),
  a: () => { const all = boxes().every((box) => box.checked); for (const box of boxes()) { box.checked = !all; pick(box); } tellPicked(); },
  ...Object.fromEntries([..."123456789"].map((digit) => [digit, () => { const box = document.querySelector(`input[data-digit="${digit}"]`); if (!box) return false; box.checked = !box.checked; pick(box); tellPicked(); return true; }])),
});

tellPicked();
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
