// <time data-due="2026-03-01T10:00:00+08:00">…</time> counts down to its moment, every 15 s and
// when the tab comes back. `data-soon="1800"`: within so many seconds it turns "due-soon".
// The server's clock is the one that counts: <meta name="server-time" content="ISO moment">.
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const meta = document.querySelector("meta[name=server-time]");
const skew = meta ? Date.parse(meta.content) - Date.now() : 0;

/** "3 天 4 小时", "1 小时 20 分", "35 分", "不足 1 分": the two greatest units, rounded down. */
export function duration(milliseconds) {
  const days = Math.floor(milliseconds / DAY);
  const hours = Math.floor((milliseconds % DAY) / HOUR);
  const minutes = Math.floor((milliseconds % HOUR) / MINUTE);
  const pair = (great, greatUnit, small, smallUnit) =>
    small ? `${great} ${greatUnit} ${small} ${smallUnit}` : `${great} ${greatUnit}`;
  if (days) return pair(days, "天", hours, "小时");
  if (hours) return pair(hours, "小时", minutes, "分");
  return minutes ? `${minutes} 分` : "不足 1 分";
}

function show(element) {
  const left = Date.parse(element.dataset.due) - (Date.now() + skew);
  if (Number.isNaN(left)) return;
  const late = left <= 0;
  const text = late ? `已超时 ${duration(-left)}` : `剩 ${duration(left)}`;
  if (element.textContent !== text) element.textContent = text;
  element.classList.toggle("due-late", late);
  element.classList.toggle("due-soon", !late && left <= Number(element.dataset.soon ?? 1800) * 1000);
}

const showAll = (root = document) => root.querySelectorAll("time[data-due]").forEach(show);

export function startCountdowns(root) {
  if (root.matches?.("time[data-due]")) show(root);
  showAll(root);
}

setInterval(() => document.hidden || showAll(), 15_000);
document.addEventListener("visibilitychange", () => document.hidden || showAll());
