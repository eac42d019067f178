/** The wallet as its owner sees it: what is in it, whether it can be used, and what happened last. */

import { fill, make } from "./making.js";

const SHORT_OF = ["failed", "cancelled", "reversed"]; // nothing was paid after all

export function visitor({ texts }) {
  return make(
    "section",
    { className: "balance visitor" },
    make("h2", {}, texts.visitor_title),
    make("p", {}, texts.visitor_text),
  );
}

function money(page, { amount, currency }) {
  return new Intl.NumberFormat(page.language, { style: "currency", currency }).format(amount);
}

export function balance(page, wallet) {
  const { texts } = page;
  const condition = wallet.freezes.length ? "frozen" : wallet.status;
  const spent = make("progress", { max: Number(wallet.daily_limit.amount), value: Number(wallet.spent_today.amount), ariaLabel: texts.spent });
  return make(
    "section",
    { className: `balance ${condition}`, ariaLabel: texts.balance },
    make(
      "div",
      { className: "line" },
      make("p", {}, fill(texts.wallet_of, { name: wallet.name })),
      make("p", { className: "pill", role: "status" }, texts[`condition_${condition}`]),
    ),
    make("p", { className: "amount" }, money(page, wallet.balance)),
    make("p", { className: "number" }, `${wallet.account_id} · ${wallet.balance.currency}`),
    trouble(page, wallet, condition),
    make(
      "div",
      { className: "spent" },
      spent,
      make("p", {}, fill(texts.spent_of, { spent: money(page, wallet.spent_today), limit: money(page, wallet.daily_limit) })),
    ),
  );
}

function trouble({ texts }, wallet, condition) {
  if (condition === "frozen") return frozen(texts, wallet);
  if (condition === "locked") return make("p", { className: "trouble" }, texts.locked_text);
  return wallet.identity_verified ? null : make("p", { className: "trouble" }, texts.unverified_text);
}

function frozen(texts, { freezes }) {
  const references = freezes.flatMap((reference) => [" ", make("span", { className: "reference" }, reference)]);
  return make("p", { className: "trouble" }, texts.frozen_text, ...references);
}

export function history(page, wallet) {
  const day = new Intl.DateTimeFormat(page.language, { timeZone: wallet.time_zone, weekday: "short", month: "long", day: "numeric" });
  const time = new Intl.DateTimeFormat(page.language, { timeZone: wallet.time_zone, hour: "2-digit", minute: "2-digit" });
  const days = Map.groupBy(wallet.transactions, ({ at }) => day.format(new Date(at)));
  const today = day.format(new Date());
  return make(
    "section",
    { className: "card history", ariaLabel: page.texts.history },
    make("h2", {}, page.texts.history),
    ...[...days].flatMap(([name, transactions]) => [
      make("h3", {}, name === today ? page.texts.today : name),
      make("ul", {}, ...transactions.map((transaction) => row(page, transaction, time))),
    ]),
  );
}

function row(page, transaction, time) {
  const { texts } = page;
  const { kind, incoming, status, overdue, failure_reason: reason, original, counterparty } = transaction;
  const states = [
    status === "completed" ? null : texts[`status_${status}`],
    overdue ? texts.overdue : null,
    reason ? texts[`reason_${reason}`] : null,
    original ? money(page, original) : null,
  ].filter(Boolean);
  const sign = incoming ? "+" : "−";
  const came = SHORT_OF.includes(status) ? "short" : incoming ? "in" : "out";
  return make(
    "li",
    {},
    make("span", { className: `face ${kind}`, ariaHidden: "true" }, [...counterparty][0].toUpperCase()),
    make(
      "span",
      { className: "what" },
      make("b", {}, counterparty),
      make("span", { className: "quiet" }, `${texts[`kind_${kind}`]} · ${time.format(new Date(transaction.at))}`),
      states.length ? make("span", { className: `state ${overdue ? "failed" : status}` }, states.join(" · ")) : null,
    ),
    make("span", { className: `sum ${came}` }, `${sign}${money(page, transaction.amount)}`),
  );
}
