// Live queue, countdowns and local times. Every page works without this file.
(() => {
  'use strict';

  const started = performance.now();
  const units = (seconds) => {
    const two = (n) => String(n).padStart(2, '0');
    const d = Math.floor(seconds / 86400);
    const h = Math.floor(seconds / 3600) % 24;
    const m = Math.floor(seconds / 60) % 60;
    const s = seconds % 60;
    if (d) return `${d} d ${two(h)} h`;
    if (h) return `${h} h ${two(m)} min`;
    if (m) return `${m} min ${two(s)} s`;
    return `${s} s`;
  };

  // Deadlines are counted from the page's own start: clocks of people's machines differ.
  const adopt = (root) => {
    const elapsed = (performance.now() - started) / 1000;
    for (const element of root.querySelectorAll('[data-left]')) {
      element.deadline = elapsed + Number(element.dataset.left);
    }
    for (const time of root.querySelectorAll('time[data-local]')) {
      const date = new Date(time.dateTime);
      time.title = time.textContent;
      time.textContent = date.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
    }
  };

  const tick = () => {
    const elapsed = (performance.now() - started) / 1000;
    for (const element of document.querySelectorAll('[data-left]')) {
      const left = Math.max(0, Math.round(element.deadline - elapsed));
      element.textContent = units(left);
      const bar = element.closest('section, div').querySelector('progress');
      if (bar) {
        bar.value = left;
        bar.classList.toggle('late', left < Math.min(60, bar.max / 4));
      }
      if (left === 0 && !element.over) {
        element.over = true;
        refresh('*');
      }
    }
  };

  const title = document.title.replace(/^\(\d+\) /, '');

  const refreshQueue = async () => {
    const wanted = new URLSearchParams(location.search);
    wanted.set('part', 'queue');
    const answer = await fetch(`/?${wanted}`, { headers: { accept: 'text/html' } });
    if (answer.status === 401) return location.assign(`/?${new URLSearchParams(location.search)}`);
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = page.getElementById('queue');
    const old = document.getElementById('queue');
    if (!fresh || !old) return;
    for (const card of fresh.querySelectorAll('.card')) {
      if (!document.getElementById(card.id)) card.classList.add('fresh');
    }
    const focused = document.activeElement?.closest('.card')?.id;
    old.replaceWith(fresh);
    adopt(fresh);
    tick();
    if (focused) document.getElementById(focused)?.querySelector('a').focus();
    const count = Number(fresh.dataset.count);
    document.title = count ? `(${count}) ${title}` : title;
  };

  // What this page is, whatever it is the answer to: a form that was refused is never sent again by itself.
  const here = () => document.querySelector('[data-page]')?.dataset.page;

  const typed = (form) => [...form.querySelectorAll('textarea, [type=checkbox]')]
    .some((field) => field === document.activeElement || field.value !== field.defaultValue
      || field.checked !== field.defaultChecked);

  // The page as it is now in the place of the one there is, with what was typed.
  const swap = (old, fresh) => {
    const active = document.activeElement?.id;
    for (const field of old.querySelectorAll('.decide textarea, .decide [type=checkbox]')) {
      const same = fresh.querySelector(`[name="${field.name}"]`);
      if (!same) continue;
      if (field.type === 'checkbox') same.checked = field.checked;
      else same.value = field.value;
    }
    for (const open of old.querySelectorAll('details[open] > summary')) {
      const summary = [...fresh.querySelectorAll('summary')].find((one) => one.textContent === open.textContent);
      if (summary) summary.parentElement.open = true;
    }
    old.replaceWith(fresh);
    adopt(fresh);
    tick();
    if (active) document.getElementById(active)?.focus();
    live('Live', false);
  };

  const refreshHold = async () => {
    const answer = await fetch(here(), { headers: { accept: 'text/html' } });
    const page = answer.ok ? new DOMParser().parseFromString(await answer.text(), 'text/html') : undefined;
    const [old, fresh] = [document.getElementById('hold'), page?.getElementById('hold')];
    if (!old) return;
    // A login that is over, or a service that is away: whoever types finds out when they send it.
    const form = old.querySelector('.decide form');
    const busy = form && typed(form);
    if (!fresh) {
      if (answer.status === 401 && !busy) location.assign(here());
      else live('Not up to date', true);
      return;
    }
    if (fresh.dataset.state === old.dataset.state) return live('Live', false);
    if (fresh.dataset.status !== old.dataset.status) return location.assign(here());
    if (!busy) return swap(old, fresh);
    // Nobody decides on less than what there is: it is told, and stays theirs to look at.
    live('Changed', true);
    const told = document.getElementById('changed') ?? document.createElement('p');
    told.id = 'changed';
    told.className = 'notice';
    told.setAttribute('role', 'alert');
    const look = document.createElement('button');
    look.type = 'button';
    look.className = 'quiet';
    look.textContent = 'Show it as it is now';
    look.addEventListener('click', () => swap(document.getElementById('hold'), fresh));
    told.replaceChildren(`This hold changed while you were writing. ${fresh.dataset.progress} `, look);
    form.before(told);
  };

  // Where a kill is in force changes by itself. Whoever reads or types in the list is let be.
  const refreshKills = async () => {
    const old = document.getElementById('kills');
    const typed = [...old.querySelectorAll('input:not([type=hidden])')].some((field) => field.value);
    if (typed || document.hidden || old.contains(document.activeElement) || old.querySelector('details[open]')) return;
    const answer = await fetch('/kills', { headers: { accept: 'text/html' } });
    if (answer.status === 401) return location.assign('/kills');
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = answer.ok && page.getElementById('kills');
    if (!fresh || old !== document.getElementById('kills')) return;
    old.replaceWith(fresh);
    adopt(fresh);
    tick();
  };

  let pending;
  const refresh = (changed) => {
    const hold = document.getElementById('hold');
    if (hold && (changed === '*' || changed === hold.dataset.hold)) refreshHold().catch(() => live('Not up to date', true));
    if (document.getElementById('kills') && (changed === '*' || changed === 'kills')) refreshKills().catch(() => {});
    if (document.getElementById('queue') && !pending) {
      pending = setTimeout(() => {
        pending = undefined;
        refreshQueue().catch(() => {});
      }, 60);
    }
  };

  const live = (text, lost) => {
    const sign = document.getElementById('live');
    if (!sign) return;
    sign.hidden = false;
    sign.textContent = text;
    sign.classList.toggle('lost', lost);
  };

  const listen = () => {
    if (!document.getElementById('live')) return;
    const source = new EventSource('/events');
    source.addEventListener('change', (event) => {
      // The page of a hold is live once it was compared.
      if (!document.getElementById('hold')) live('Live', false);
      refresh(event.data);
    });
    source.addEventListener('error', () => live('Reconnecting', true));
    addEventListener('pagehide', () => source.close());
  };

  // j and k walk through the queue.
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('textarea, input, select')) return;
    const step = { j: 1, k: -1 }[event.key];
    if (!step) return;
    const links = [...document.querySelectorAll('.cards .cover')];
    const at = links.indexOf(document.activeElement);
    links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + step))]?.focus();
  });

  // Loading the answer to a form again loads the page, and does not send the form.
  if (here()) history.replaceState(null, '', here() + location.hash);

  adopt(document);
  tick();
  setInterval(tick, 1000);
  if (document.getElementById('kills')) setInterval(() => refresh('kills'), 3000);
  listen();
})();
