// Small comforts; every page works without them.
(() => {
  "use strict";
  document.documentElement.classList.add("js");

  // Selects and number fields that send their form by themselves.
  for (const form of document.querySelectorAll("form[data-submit-on-change]")) {
    form.addEventListener("change", () => form.requestSubmit());
  }

  // On small screens the facets begin closed; on large ones there is no way to close them.
  const facets = document.querySelector("details.facets");
  if (facets) {
    const narrow = matchMedia("(max-width: 52rem)");
    const fit = () => { facets.open = !narrow.matches; };
    narrow.addEventListener("change", fit);
    fit();
  }

  // A thumbnail moves the gallery, not the page.
  for (const thumb of document.querySelectorAll(".thumbs a")) {
    thumb.addEventListener("click", (event) => {
      const picture = document.querySelector(thumb.hash);
      if (!picture) return;
      event.preventDefault();
      picture.parentElement.scrollTo({ left: picture.offsetLeft - picture.parentElement.offsetLeft });
    });
  }

  // A form that was sent is not sent again by a second click.
  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", () => {
      setTimeout(() => form.querySelectorAll("button").forEach((button) => { button.disabled = true; }));
    });
  }
  addEventListener("pageshow", () => {
    document.querySelectorAll("button[disabled]").forEach((button) => { button.disabled = false; });
  });

  // A file that is too large is named before it travels.
  for (const file of document.querySelectorAll("input[data-most-bytes]")) {
    file.addEventListener("change", () => {
      const large = [...file.files].some((one) => one.size > Number(file.dataset.mostBytes));
      file.setCustomValidity(large ? file.dataset.tooLarge : "");
      file.reportValidity();
    });
  }

  // An open order follows the order: each event says that the page is out of date.
  const order = document.getElementById("order");
  if (order && order.dataset.events && "EventSource" in window) {
    const source = new EventSource(order.dataset.events);
    let busy = false, again = false;
    const refresh = async () => {
      if (busy) { again = true; return; }
      busy = true;
      do {
        again = false;
        try {
          const answer = await fetch(location.href, { headers: { accept: "text/html" } });
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          const fresh = page.getElementById("order");
          if (answer.ok && fresh && fresh.innerHTML !== order.innerHTML) {
            const open = order.querySelector("details.story")?.open;
            // The live region itself stays, so that screen readers notice what is new in it.
            const live = order.querySelector("[aria-live]");
            const news = fresh.querySelector("[aria-live]");
            if (live && news) {
              if (live.innerHTML !== news.innerHTML) live.innerHTML = news.innerHTML;
              while (live.nextSibling) live.nextSibling.remove();
              while (news.nextSibling) order.append(news.nextSibling);
            }
            const story = order.querySelector("details.story");
            if (story && open) story.open = true;
            if (!fresh.dataset.events) source.close();
          }
          // A confirmed order has emptied the basket: the header says so too.
          const badge = document.querySelector(".basket-link");
          const now = page.querySelector(".basket-link");
          if (answer.ok && badge && now) badge.innerHTML = now.innerHTML;
        } catch { /* The next event tries again. */ }
      } while (again);
      busy = false;
    };
    source.addEventListener("status", refresh);
  }
})();
