// Keeps the page fresh: fetches it again and replaces the parts that have changed. Without it the page is complete.
"use strict";
(() => {
  const EVERY = 2000, PATIENCE = 5000;
  const live = document.getElementById("live");
  const button = document.createElement("button");
  const words = document.createElement("span");
  button.type = "button";
  live.append(words, " ", button);
  let paused = false, lost = false, timer = 0;

  const say = (text) => { if (words.textContent !== text) words.textContent = text; };
  const tell = () => {
    button.textContent = paused ? "Resume" : "Pause";
    document.documentElement.classList.toggle("lost", lost);
    say(paused ? "Updates are paused." : lost ? "No answer; still trying." : "Updated live.");
  };

  // What somebody opened, scrolled or is at stays so.
  const keep = (part) => {
    const open = [...part.querySelectorAll("details[open]")].map((details) => details.id);
    const scrolled = [...part.querySelectorAll("details[open] .log")].map((log) => [log.closest("details").id, log.scrollTop]);
    const active = part.contains(document.activeElement) ? document.activeElement.closest("details")?.id : undefined;
    const inLog = document.activeElement?.classList.contains("log");
    return () => {
      open.forEach((id) => { const found = document.getElementById(id); if (found) found.open = true; });
      scrolled.forEach(([id, top]) => { const log = document.querySelector(`#${id} .log`); if (log) log.scrollTop = top; });
      if (active) document.querySelector(`#${active} ${inLog ? ".log" : "summary"}`)?.focus({ preventScroll: true });
    };
  };

  const replace = (fresh) => {
    document.title = fresh.title;
    const icon = fresh.querySelector("link[rel=icon]"), ours = document.querySelector("link[rel=icon]");
    if (icon && ours && ours.href !== icon.href) ours.href = icon.href;
    const names = (root) => [...root.querySelectorAll("[data-part]")].map((part) => part.dataset.part).join();
    if (names(document) !== names(fresh)) return location.reload();
    for (const part of document.querySelectorAll("[data-part]")) {
      const now = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
      const old = part.cloneNode(true);
      old.querySelectorAll("details[open]").forEach((details) => details.removeAttribute("open"));
      if (old.isEqualNode(now)) continue;
      const restore = keep(part);
      part.className = now.className;
      part.replaceChildren(...now.childNodes);
      restore();
    }
  };

  const isSelecting = () => !document.getSelection().isCollapsed;

  const update = async () => {
    clearTimeout(timer);
    if (!paused && !document.hidden && !isSelecting()) {
      try {
        const answer = await fetch(location.pathname, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
        if (!answer.ok) throw new Error(answer.statusText);
        const text = await answer.text();
        // Whoever began to select, or paused, while it came keeps what is there.
        if (!paused && !isSelecting()) replace(new DOMParser().parseFromString(text, "text/html"));
        lost = false;
      } catch {
        lost = true;
      }
    }
    tell();
    if (!paused && !document.hidden) timer = setTimeout(update, EVERY);
  };

  button.addEventListener("click", () => { paused = !paused; update(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) update(); });
  tell();
  timer = setTimeout(update, EVERY);
})();
