// Starting a run: files are handed in one after another, columns looked at, then it goes.

import { call, reason } from "./app.js";

const form = document.querySelector("[data-start]");
const go = form.querySelector("[data-go]");
const wrong = form.querySelector("[data-wrong]");
const most = Number(form.dataset.most);
const handed = { uploads: [], children: [] };
let busy = 0;

function refuse(error) {
  wrong.hidden = !error;
  if (error) wrong.textContent = reason(error);
}

function settle() {
  const ready = handed.uploads.length > 0 && !busy;
  go.disabled = !ready;
  for (const part of form.querySelectorAll("[data-after]")) part.hidden = !handed.uploads.length;
}

function size(bytes) {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3)).toLocaleString("en")} kB` : `${(bytes / 1e6).toLocaleString("en", { maximumFractionDigits: 1 })} MB`;
}

// A request of its own kind: fetch does not tell how much of a file has gone.
function send(file, told) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/uploads?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("x-keepone-csrf", document.querySelector('meta[name="csrf"]').content);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => told(event.loaded / event.total));
    request.addEventListener("load", () => {
      if (request.status === 201) done(request.response);
      else failed(Object.assign(new Error(request.response?.detail ?? "the app refused it"), { told: request.response }));
    });
    request.addEventListener("error", () => failed(new Error(`${file.name} did not arrive: the connection was lost`)));
    request.send(file);
  });
}

async function take(files, kind) {
  refuse(null);
  const list = form.querySelector(`[data-handed="${kind}"]`);
  for (const file of files) {
    if (file.size > most) {
      refuse(new Error(`${file.name} is larger than the ${size(most)} allowed`));
      continue;
    }
    const line = document.createElement("li");
    const name = document.createElement("span");
    const bar = document.createElement("progress");
    name.textContent = file.name;
    bar.max = 1;
    bar.setAttribute("aria-label", `${file.name} is on its way`);
    line.append(name, bar);
    list.append(line);
    busy += 1;
    settle();
    try {
      const upload = await send(file, (share) => { bar.value = share; });
      handed[kind].push(upload);
      bar.remove();
      name.textContent = `${upload.name} (${size(upload.bytes)})`;
      line.append(removal(upload, kind, line));
    } catch (error) {
      line.remove();
      refuse(error);
    }
    busy -= 1;
    settle();
  }
}

function removal(upload, kind, line) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet small";
  button.textContent = "Remove";
  button.setAttribute("aria-label", `Remove ${upload.name}`);
  button.addEventListener("click", async () => {
    handed[kind] = handed[kind].filter((each) => each !== upload);
    line.remove();
    form.querySelector("[data-columns]").hidden = true;
    settle();
    await fetch(`/api/uploads/${upload.upload_id}`, {
      method: "DELETE",
      headers: { "x-keepone-csrf": document.querySelector('meta[name="csrf"]').content },
    });
  });
  return button;
}

function choices() {
  const map = {};
  const ignore = [];
  for (const row of form.querySelectorAll("[data-columns] tbody tr")) {
    const use = row.querySelector("select").value;
    if (use === "-") ignore.push(row.header);
    else if (use) map[use] = [...(map[use] ?? []), row.header];
  }
  const asked = {
    uploads: handed.uploads.map((each) => each.upload_id),
    children: handed.children.map((each) => each.upload_id),
    map,
    ignore,
  };
  for (const name of ["id_column", "link"]) if (form.elements[name].value) asked[name] = form.elements[name].value;
  for (const name of ["review", "join", "auto"]) if (form.elements[name].value) asked[name] = Number(form.elements[name].value);
  return asked;
}

function show(found) {
  const rejects = Object.values(found.rejects).reduce((sum, count) => sum + count, 0);
  const compared = found.columns.filter((column) => column.compared).length;
  form.querySelector("[data-found]").textContent =
    `${found.records.toLocaleString("en")} records, ${rejects.toLocaleString("en")} rows that are none; ${compared} of ${found.columns.length} columns are compared. ${found.notes.join(" ")}`;
  const body = form.querySelector("[data-columns] tbody");
  const chosen = new Map([...body.rows].map((row) => [row.header, row.querySelector("select").value]));
  const rows = found.columns.map((column) => {
    const row = document.querySelector("[data-column]").content.firstElementChild.cloneNode(true);
    row.header = column.header;
    row.querySelector("th").textContent = column.header;
    const taken = row.querySelector("[data-taken]");
    taken.textContent = (column.field ?? column.type).replaceAll("_", " ");
    const why = document.createElement("span");
    why.className = "why";
    why.textContent = column.compared ? column.why : `not compared: ${column.left_out || column.why}`;
    taken.append(why);
    if (!column.compared) row.className = "left-out";
    const select = row.querySelector("select");
    select.setAttribute("aria-label", `Use ${column.header} as`);
    select.value = chosen.get(column.header) ?? "";
    row.querySelector("[data-filled]").textContent = `${Math.floor(100 * column.filled_share)} %`;
    row.querySelector("[data-examples]").textContent = column.examples.map((text) => (text.length > 60 ? `${text.slice(0, 59)}…` : text)).join(" · ");
    return row;
  });
  body.replaceChildren(...rows);
  for (const select of form.querySelectorAll("[data-headers]")) {
    const value = select.value;
    for (const option of select.querySelectorAll("[data-header]")) option.remove();
    for (const column of found.columns) {
      const option = new Option(column.header, column.header);
      option.dataset.header = "";
      select.append(option);
    }
    select.value = value;
    if (select.selectedIndex < 0) select.value = "";
  }
  form.querySelector("[data-columns]").hidden = false;
}

form.querySelector("[data-inspect]").addEventListener("click", async (event) => {
  const waiting = form.querySelector("[data-inspecting]");
  refuse(null);
  event.target.disabled = true;
  waiting.hidden = false;
  try {
    show(await call("/api/inspect", { body: choices() }));
    event.target.textContent = "Look again with these choices";
  } catch (error) {
    refuse(error);
  }
  waiting.hidden = true;
  event.target.disabled = false;
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  refuse(null);
  go.disabled = true;
  try {
    const job = await call("/api/jobs", { body: { ...choices(), name: form.elements.name.value } });
    location.href = `/jobs/${encodeURIComponent(job.run_id)}`;
  } catch (error) {
    refuse(error);
    settle();
  }
});

for (const input of form.querySelectorAll("[data-files]")) {
  const taken = () => {
    const files = [...input.files];
    input.value = "";
    take(files, input.dataset.files);
  };
  input.addEventListener("change", taken);
  taken(); // what was chosen before this ran
}
const drop = form.querySelector("[data-drop]");
drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  take([...event.dataTransfer.files], "uploads");
});
