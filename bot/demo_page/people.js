/** Who one is in the demo, and what came to their phone and mailbox. */

import { button, make } from "./making.js";

/** The choice of customers; `choose` gets the id, "" for a visitor. */
export function showPeople(page, { list, chosen }, choose) {
  const people = [
    { id: "", name: page.texts.visitor, what: page.texts.visitor_note },
    ...page.customers.map(({ id, name, language, state }) => ({ id, name, language, what: page.texts[`state_${state}`] })),
  ];
  const focused = list.contains(document.activeElement);
  list.replaceChildren(
    ...people.map(({ id, name, language, what }) => {
      const row = button(
        { ariaPressed: String(id === page.customer) },
        () => choose(id),
        make("span", { className: "face", ariaHidden: "true" }, [...name][0]),
        make("span", {}, make("b", { lang: language ?? page.language }, name), make("span", { className: "quiet" }, what)),
      );
      return make("li", {}, row);
    }),
  );
  if (focused) list.querySelector("[aria-pressed=true]").focus();
  chosen.textContent = people.find(({ id }) => id === page.customer).name;
}

export function showInbox(page, mails, list) {
  const time = new Intl.DateTimeFormat(page.language, { hour: "2-digit", minute: "2-digit" });
  list.replaceChildren(
    ...mails.toReversed().map((mail) =>
      make(
        "li",
        { className: mail.kind },
        make("span", { className: "quiet" }, `${time.format(new Date(mail.at))} · ${page.texts[`mail_${mail.kind}`]} · ${mail.to}`),
        make(mail.kind === "notice" ? "p" : "b", {}, mail.content),
      ),
    ),
  );
}
