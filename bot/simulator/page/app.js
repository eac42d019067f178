/** The page: two telephones, the log beside them, the clock and the faults above. */

import { get, listen, people as askPeople, post } from "./api.js";
import { Log } from "./log.js";
import { Phone } from "./phone.js";
import { language, speak, t } from "./texts.js";
import { voice } from "./voice.js";

const find = (id) => document.getElementById(id);
const FAIL = { status: 503, code: 20503 };

let phones = [];
let ahead = 0; // milliseconds by which the simulator's clock is before ours
let stands = null;
let silent = null;

const log = new Log(find("log"));

function complain(problem) {
  find("notice").textContent = problem instanceof Error ? t("refused", { why: problem.message }) : problem;
  clearTimeout(silent);
  silent = setTimeout(() => (find("notice").textContent = ""), 4000);
}

function tick() {
  const now = stands ?? new Date(Date.now() + ahead);
  find("now").textContent = now.toLocaleTimeString([], { hour12: false });
  for (const phone of phones) phone.tick(now);
}

function setClock(clock) {
  ahead = Date.parse(clock.now) - Date.now();
  stands = clock.stands ? new Date(clock.now) : null;
  tick();
}

function showFaults(faults) {
  const switches = [...document.querySelectorAll("[data-fault]")];
  for (const box of switches) box.checked = Boolean(faults[box.dataset.fault]);
  find("faults").classList.toggle("some", switches.some((box) => box.checked));
}

async function loadAll() {
  const [clock, faults, journal] = await Promise.all([get("clock"), get("faults"), get("requests")]);
  setClock(clock);
  showFaults(faults);
  log.addAll(journal);
  for (const phone of phones) phone.refresh();
}

function hear(event) {
  if (event.type === "request") {
    log.addExchange(event.exchange);
    if (event.exchange.way === "rest") get("faults").then(showFaults, complain);
  } else if (event.type === "warning") log.addWarning(event.warning);
  else if (event.type === "clock") get("clock").then(setClock, complain);
  else if (event.type === "reset" || event.type === "missed") {
    log.clear();
    loadAll().catch(complain);
  }
  for (const phone of phones) if (phone.concerns(event)) phone.refresh();
}

function showSound() {
  find("sound").textContent = t(voice.on ? "sound_on" : "sound_off");
  find("sound").ariaPressed = String(voice.on);
}

async function changeLanguage(wanted) {
  await speak(wanted);
  document.title = t("title");
  showSound();
  log.show();
  for (const phone of phones) {
    phone.relabel();
    phone.refresh();
  }
}

async function start() {
  find("language").value = language;
  await changeLanguage(language);
  const [people, world] = await Promise.all([askPeople(), get("phones")]);
  const of = (role) => people.filter((person) => person.role === role);
  const speaks = (person) => person.languages.includes(language);
  const chosen = [
    of("customer").find(speaks) ?? { number: "+12025550101", email: null },
    of("agent").find(speaks) ?? { number: "+12025550191", email: null },
  ];
  phones = chosen.map((person) => new Phone(people, person, { number: world.number, complain }));
  find("phones").append(...phones.map((phone) => phone.element));
  setInterval(tick, 500);
  listen(hear);
  await loadAll();
}

for (const button of document.querySelectorAll("[data-advance]")) {
  button.addEventListener("click", () => {
    post("clock", { advance_seconds: Number(button.dataset.advance) }).then(setClock, complain);
  });
}
for (const box of document.querySelectorAll("[data-fault]")) {
  box.addEventListener("change", () => {
    const on = box.dataset.fault === "fail_next" ? FAIL : true;
    const off = box.dataset.fault === "fail_next" ? null : false;
    post("faults", { [box.dataset.fault]: box.checked ? on : off }).then(showFaults, complain);
  });
}
find("sound").addEventListener("click", () => {
  voice.switch();
  showSound();
});
find("language").addEventListener("change", (event) => changeLanguage(event.target.value).catch(complain));
start().catch(complain);
