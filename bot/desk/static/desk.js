// Keeps an open desk up to date, sends a chat's lines without leaving the page, and listens for keys.
// Everything works without it too, by loading pages anew.

const byScript = { headers: { 'X-Desk': 'script' } };
const body = document.body;
const notice = document.getElementById('notice');

function tell(words) {
  if (!notice) return;
  notice.textContent = words;
  notice.hidden = !words;
  clearTimeout(tell.timer);
  if (words) tell.timer = setTimeout(() => tell(''), 8000);
}

// Parts of the page that are fetched anew. A part is left alone where nothing in it changed, so that neither the place
// that is read nor the focus is lost.

const shown = new WeakMap();

async function renew(part) {
  const answer = await fetch(part.dataset.part, byScript);
  if (answer.status === 401) return leave();
  if (!answer.ok) return;
  const html = await answer.text();
  if (shown.get(part) === html) return;
  shown.set(part, html);
  const focused = part.contains(document.activeElement) ? document.activeElement.id : '';
  const atEnd = part.scrollHeight - part.scrollTop - part.clientHeight < 40;
  part.innerHTML = html; // of our own server, which escapes every value
  if (focused) document.getElementById(focused)?.focus();
  if ('scroll' in part.dataset && atEnd) part.scrollTop = part.scrollHeight;
  mark();
}

const due = new Map();

function renewSoon(event) {
  for (const part of document.querySelectorAll('[data-part]')) {
    if (!part.dataset.on.split(' ').includes(event) || due.has(part)) continue;
    due.set(part, setTimeout(() => {
      due.delete(part);
      renew(part).catch(() => tell(body.dataset.lost));
    }, 80));
  }
}

// What follows from the parts: the row that is open, whether there is something to write in.

function mark() {
  for (const row of document.querySelectorAll('#board a.row')) {
    if (row.pathname === location.pathname) row.setAttribute('aria-current', 'page');
  }
  const composer = document.getElementById('composer');
  const head = document.querySelector('#head .head');
  if (composer && head) composer.hidden = head.dataset.mine !== 'true';
}

function leave() {
  tell(body.dataset.gone);
  setTimeout(() => location.assign('/desk/sign-in'), 1500);
}

function listen() {
  const live = new EventSource(body.dataset.live);
  for (const name of ['board', 'chat', 'beat']) live.addEventListener(name, () => renewSoon(name));
  live.addEventListener('signed-out', () => { live.close(); leave(); });
  let lost;
  live.addEventListener('open', () => { clearTimeout(lost); lost = undefined; });
  live.addEventListener('error', () => { lost ??= setTimeout(() => tell(body.dataset.lost), 5000); });
  addEventListener('pagehide', () => live.close());
}

// Forms

function seen(form) {
  const last = document.querySelector('#lines ol')?.dataset.last;
  if (last && form.elements.seen) form.elements.seen.value = last;
}

function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function send(form) {
  const text = form.elements.text;
  if (!text.value.trim() || form.dataset.busy) return;
  form.dataset.busy = 'yes';
  try {
    const answer = await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)), ...byScript });
    if (answer.status === 401) return leave();
    if (!answer.ok) return tell(await answer.text());
    text.value = '';
    form.elements.key.value = newKey(); // sent again after a fault, a line has the key that it had
    tell('');
    renewSoon('chat');
  } catch {
    tell(body.dataset.lost);
  } finally {
    delete form.dataset.busy;
  }
}

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.dataset.ask && !confirm(form.dataset.ask)) return event.preventDefault();
  seen(form);
  if ('send' in form.dataset) {
    event.preventDefault();
    send(form);
  }
});

// Keys

function go(step) {
  const rows = [...document.querySelectorAll('#board a.row')];
  const here = rows.indexOf(document.activeElement);
  const current = here >= 0 ? here : rows.findIndex((row) => row.hasAttribute('aria-current'));
  rows[Math.min(rows.length - 1, Math.max(0, current + step))]?.focus();
}

let wentTo = false;

document.addEventListener('keydown', (event) => {
  const field = event.target.closest?.('input, textarea, select');
  if (field?.id === 'text' && event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    return field.form.requestSubmit();
  }
  if (event.key === 'Escape' && field) return field.blur();
  if (field || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  if (wentTo) {
    wentTo = false;
    const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (link) return link.click();
  }
  const does = {
    j: () => go(1),
    k: () => go(-1),
    g: () => { wentTo = true; },
    r: () => document.getElementById('text')?.focus(),
    '/': () => document.getElementById('q')?.focus(),
    '?': () => document.getElementById('help')?.showModal(),
  }[event.key];
  const pressed = does ? null : document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!does && !pressed) return;
  event.preventDefault();
  if (does) does();
  else pressed.click();
});

document.querySelector('[data-help]')?.addEventListener('click', () => document.getElementById('help').showModal());
document.querySelector('[data-print]')?.addEventListener('click', () => print());

const language = document.querySelector('[data-language]');
if (language) language.search = `?back=${encodeURIComponent(location.pathname)}`;

for (const part of document.querySelectorAll('[data-scroll]')) part.scrollTop = part.scrollHeight;
mark();
if (body.dataset.live) listen();
