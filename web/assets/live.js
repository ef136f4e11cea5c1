// <div data-live="/board/live" data-live-mark="…" data-live-every="4"> keeps itself up to date: asks
// so many seconds apart while the tab is in sight, and takes over what the server answers; 204
// means nothing new. [data-live-stale] on the page is shown while the server does not answer.
const AWAY = 3; // failures in a row before the page says so

class Live {
  constructor(element, process) {
    this.element = element;
    this.process = process;
    this.every = Number(element.dataset.liveEvery ?? 10) * 1000;
    this.failures = 0;
    this.seen = () => document.hidden || this.ask();
    document.addEventListener("visibilitychange", this.seen);
    this.later();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), this.every);
  }

  async ask() {
    clearTimeout(this.timer);
    if (!this.element.isConnected) {
      document.removeEventListener("visibilitychange", this.seen);
      return;
    }
    if (document.hidden || this.asking) return; // coming back into sight asks again
    this.asking = true;
    try {
      const address = new URL(this.element.dataset.live, window.location.href);
      address.searchParams.set("mark", this.element.dataset.liveMark ?? "");
      const answer = await fetch(address, { headers: { "HX-Request": "true" } });
      if (answer.status === 200) await this.take(answer);
      else if (answer.status === 401 || answer.status === 403) return this.stale(true);
      else if (answer.status !== 204) throw new Error(String(answer.status));
      this.failures = 0;
      this.stale(false);
    } catch {
      this.failures += 1;
      this.stale(this.failures >= AWAY);
    } finally {
      this.asking = false;
    }
    this.later();
  }

  async take(answer) {
    const html = await answer.text();
    const { element } = this;
    if (!element.isConnected) return;
    const known = new Set([...element.querySelectorAll("[data-key]")].map((one) => one.dataset.key));
    const href = element.contains(document.activeElement)
      ? document.activeElement.getAttribute("href") : null;
    element.innerHTML = html;
    element.dataset.liveMark = answer.headers.get("X-Live-Mark") ?? "";
    for (const one of element.querySelectorAll("[data-key]")) {
      if (!known.has(one.dataset.key)) one.classList.add("live-new");
    }
    if (href) [...element.querySelectorAll("a[href]")].find((a) => a.getAttribute("href") === href)?.focus();
    this.process(element);
  }

  stale(shown) {
    for (const one of document.querySelectorAll("[data-live-stale]")) one.hidden = !shown;
  }
}

export function startLive(root, process) {
  const found = [...root.querySelectorAll("[data-live]")];
  if (root.matches?.("[data-live]")) found.push(root);
  for (const element of found) element.live ??= new Live(element, process);
}
