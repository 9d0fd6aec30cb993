"use strict";
(() => {
  const root = document.documentElement;
  const $ = (id) => document.getElementById(id);
  const make = (tag, text, name) => {
    const node = document.createElement(tag);
    node.textContent = text;
    if (name) node.className = name;
    return node;
  };

  // Theme: auto, light, dark; remembered where the browser allows it.
  const themes = ["auto", "light", "dark"];
  const theme = $("theme");
  const store = (value) => {
    try {
      if (value) localStorage.setItem("pytest_mcp.theme", value);
      return localStorage.getItem("pytest_mcp.theme");
    } catch {
      return null;
    }
  };
  const dress = (name) => {
    root.dataset.theme = name;
    theme.textContent = `Theme: ${name}`;
  };
  dress(themes.includes(store()) ? store() : "auto");
  theme.hidden = false;
  theme.onclick = () => {
    const name = themes[(themes.indexOf(root.dataset.theme) + 1) % 3];
    dress(name);
    store(name);
  };

  // A link to something folded opens it.
  const unfold = () => {
    const target = location.hash && $(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) unfold();
  });
  unfold();
  addEventListener("beforeprint", () => {
    for (const fold of document.querySelectorAll("details")) fold.open = true;
  });

  for (const button of document.querySelectorAll(".copy")) {
    button.hidden = false;
    button.onclick = async () => {
      try {
        await navigator.clipboard.writeText(button.previousElementSibling.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(button.previousElementSibling);
        button.textContent = "Selected";
      }
      setTimeout(() => (button.textContent = "Copy"), 1500);
    };
  }

  // All tests.
  const unpack = async () => {
    const bytes = Uint8Array.from(atob($("packed").textContent), (c) => c.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  };
  const list = (data) => {
    const total = data.o.length;
    const text = data.o.map((_, i) =>
      [data.servers[data.s[i]], data.checks[data.c[i]], data.e[i], data.i[i], data.m[i], data.n[i]].join(" ").toLowerCase(),
    );
    const count = (column, value) => column.reduce((sum, each) => sum + (each === value), 0);
    const fill = (select, names, column) =>
      names.forEach((name, value) => {
        const number = count(column, value);
        if (number) select.add(new Option(`${name} (${number})`, value));
      });
    fill($("fo"), data.outcomes, data.o);
    fill($("fs"), data.servers, data.s);
    let found = [];
    let page = 0;
    const row = (i) => {
      const line = document.createElement("tr");
      const result = make("td", "");
      const css = data.outcomes[data.o[i]].replace("harness ", "").replace(" ", "-");
      result.append(make("span", `${data.glyphs[data.o[i]]} ${data.outcomes[data.o[i]]}`, `k ${css}`));
      const message = make("td", data.m[i], "msg");
      if (data.n[i]) message.append(make("code", data.n[i]));
      const on = [data.e[i], data.i[i]].filter(Boolean).join(" · ");
      line.append(result, make("td", data.servers[data.s[i]]), make("td", data.checks[data.c[i]]), make("td", on));
      line.append(make("td", data.t[i], "num"), message);
      return line;
    };
    const draw = () => {
      $("rows").replaceChildren(...found.slice(page * 100, page * 100 + 100).map(row));
      const from = found.length ? page * 100 + 1 : 0;
      const to = Math.min(found.length, page * 100 + 100);
      $("shown").textContent = `${from} to ${to} of ${found.length}` + (found.length < total ? ` (${total} in all)` : "");
      $("prev").disabled = !page;
      $("next").disabled = to >= found.length;
    };
    const filter = () => {
      const words = $("q").value.toLowerCase().split(/\s+/);
      const [o, s] = [$("fo").value, $("fs").value];
      found = [];
      for (let i = 0; i < total; i++) {
        if (o && data.o[i] !== +o) continue;
        if (s && data.s[i] !== +s) continue;
        if (words.every((word) => text[i].includes(word))) found.push(i);
      }
      found.sort((a, b) => data.o[a] - data.o[b]);
      page = 0;
      draw();
    };
    const turn = (by) => () => {
      page += by;
      draw();
    };
    $("q").oninput = $("fo").onchange = $("fs").onchange = filter;
    $("prev").onclick = turn(-1);
    $("next").onclick = turn(1);
    $("list").hidden = false;
    filter();
  };
  unpack().then(list);
})();
