/**
 * The demo's wallet: what its owner would see, who that is to be, and the chat beside it, embedded as any site would. It
 * asks the demo's doors once a second, so that what the assistant does is seen at once. All words stand in texts/*.json.
 */

import { button, make } from "./making.js";
import { showInbox, showPeople } from "./people.js";
import { balance, history as transactions, visitor } from "./wallet.js";

const EVERY = 1_000; // milliseconds between looks
const WIDE = matchMedia("(min-width: 80em)");
const LISTED = matchMedia("(min-width: 56em)");

const find = (id) => document.getElementById(id);
const chat = find("chat");
const asked = new URLSearchParams(location.search);
const page = { texts: {}, language: "", customers: [], customer: asked.get("customer"), about: null, shown: "" };

async function get(path) {
  const answer = await fetch(path);
  return answer.ok ? answer.json() : null;
}

/** What does not change while the page is shown; and who one is: as asked for, else somebody whose language it is. */
async function prepare() {
  [page.about, page.customers] = await Promise.all([get("/demo/about"), get("/demo/customers")]);
  const usual = page.customers.find(({ language, state }) => state === "ordinary" && language === firstLanguage());
  if (page.customer === null) page.customer = usual.id;
  else if (!page.customers.some(({ id }) => id === page.customer)) page.customer = "";
}

function firstLanguage() {
  return ["zh", "en"].find((language) => language === asked.get("lang")) ?? (navigator.language.startsWith("zh") ? "zh" : "en");
}

async function freshToken() {
  await known;
  if (!page.customer) return null;
  const answer = await fetch("/demo/token", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ customer_id: page.customer }),
  });
  return answer.ok ? (await answer.json()).identity_token : null;
}

async function speak(language) {
  page.texts = await get(`/demo/page/texts/${language}.json`);
  page.language = language;
  document.documentElement.lang = language;
  chat.locale = language;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = page.texts[element.dataset.text];
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", page.texts[element.dataset.label]);
  find("language").lang = language === "zh" ? "en" : "zh";
  find("name").textContent = document.title = page.about.wallet_name[language];
  showPeople(page, { list: find("people"), chosen: find("chosen") }, choose);
  await look({ anew: true });
}

function choose(customer) {
  if (customer === page.customer) return;
  page.customer = customer;
  if (!LISTED.matches) find("who").open = false;
  remember();
  showPeople(page, { list: find("people"), chosen: find("chosen") }, choose);
  chat.reset();
  look({ anew: true });
}

/** The address says who and in which language, so that loading again changes nothing. */
function remember() {
  const address = new URL(location.href);
  address.searchParams.set("lang", page.language);
  address.searchParams.set("customer", page.customer || "visitor");
  history.replaceState(null, "", address);
}

/** Shows what is there; `anew` also where nothing changed. */
async function look({ anew = false } = {}) {
  const { customer, language } = page;
  const [wallet, mails] = customer
    ? await Promise.all([get(`/demo/wallet?customer_id=${customer}`), get(`/demo/inbox?customer_id=${customer}`)])
    : [null, []];
  if (customer !== page.customer || language !== page.language) return;
  if ((customer && !wallet) || !mails) return; // out of reach: what is shown stays
  const now = JSON.stringify([wallet, mails]);
  if (!anew && now === page.shown) return;
  page.shown = now;
  find("wallet").replaceChildren(
    ...(wallet
      ? [balance(page, wallet), suggestions(stateOf(customer))]
      : [visitor(page), suggestions("visitor")]),
  );
  find("history").replaceChildren(...(wallet ? [transactions(page, wallet)] : []));
  find("inbox").hidden = !mails.length;
  showInbox(page, mails, find("mails"));
}

function stateOf(customer) {
  return page.customers.find(({ id }) => id === customer).state;
}

/** What may be worth saying, for who does not know where to begin. */
function suggestions(state) {
  const said = page.texts[`try_${state}`];
  return make(
    "section",
    { className: "try", ariaLabel: page.texts.try },
    make("h3", {}, page.texts.try),
    ...said.map((text) => button({}, () => {
      chat.show();
      chat.send(text);
    }, text)),
  );
}

function place() {
  chat.setAttribute("mode", WIDE.matches ? "inline" : "button");
  find("who").open = LISTED.matches;
}

async function keepLooking() {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, EVERY));
    if (!document.hidden) await look().catch(() => null);
  }
}

const known = prepare();
chat.identityToken = freshToken; // before anything is waited for: the chat begins as who this names
await known;
chat.setAttribute("hotline", page.about.hotline);
chat.addEventListener("wallet-chat-receipt", () => look());
WIDE.addEventListener("change", place);
LISTED.addEventListener("change", place);
find("language").addEventListener("click", async () => {
  await speak(page.language === "zh" ? "en" : "zh");
  remember();
});
place();
await speak(firstLanguage());
await keepLooking();
