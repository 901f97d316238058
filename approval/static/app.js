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
    if (answer.status === 401) return location.reload();
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

  const refreshHold = async (hold) => {
    const answer = await fetch(location.pathname, { headers: { accept: 'text/html' } });
    if (!answer.ok) return location.reload();
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const now = page.getElementById('hold')?.dataset.status;
    // Only a settled hold reloads: a reason half typed is not lost before.
    if (now !== hold.dataset.status) location.assign(location.pathname);
  };

  let pending;
  const refresh = (changed) => {
    const hold = document.getElementById('hold');
    if (hold && (changed === '*' || changed === hold.dataset.hold)) refreshHold(hold);
    if (document.getElementById('queue') && !pending) {
      pending = setTimeout(() => {
        pending = undefined;
        refreshQueue().catch(() => {});
      }, 60);
    }
  };

  const listen = () => {
    const live = document.getElementById('live');
    if (!live) return;
    const say = (text, lost) => {
      live.hidden = false;
      live.textContent = text;
      live.classList.toggle('lost', lost);
    };
    const source = new EventSource('/events');
    source.addEventListener('change', (event) => {
      say('Live', false);
      refresh(event.data);
    });
    source.addEventListener('error', () => say('Reconnecting', true));
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

  adopt(document);
  tick();
  setInterval(tick, 1000);
  listen();
})();
