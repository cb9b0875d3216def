/** Builds the page of its data, follows the reader's theme and width, and a run that goes on. */
(() => {
  const started = performance.now();
  const {element, swatch} = Charts;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const figures = new Map();
  let data = JSON.parse(document.getElementById('data').textContent);

  function table(part) {
    const isNumber = column => part.rows.length > 0 && part.rows.every(row => /^[-−+]?[\d,.]*\d(e[-+]?\d+)?( ?(s|min|MiB|%))?$|^[–∞]$/.test(row[column]));
    const numeric = part.head.map((name, i) => i > 0 && isNumber(i) ? {class: 'number'} : {});
    const made = element('table', {});
    if (part.caption) made.append(element('caption', {}, part.caption));
    if (part.head.some(name => name !== '')) {
      made.append(element('thead', {}, element('tr', {}, ...part.head.map((name, i) => element('th', {scope: 'col', ...numeric[i]}, name)))));
    }
    made.append(element('tbody', {}, ...part.rows.map(row => element('tr', {}, ...row.map((cell, i) =>
      element(i === 0 ? 'th' : 'td', {...(i === 0 ? {scope: 'row'} : numeric[i]), ...(cell.length <= 32 && !numeric[i].class ? {class: 'short'} : {})}, cell))))));
    return element('div', {class: 'wide', tabindex: 0, role: 'region', 'aria-label': part.caption || 'table'}, made);
  }

  /** A chart with its title, its legend and its figures as a table. */
  class Figure {
    constructor(spec) {
      this.kind = spec.kind;
      this.title = element('span', {});
      this.note = element('small', {});
      this.legend = element('ul', {class: 'legend', 'aria-label': 'Series'});
      this.plot = element('div', {class: 'plot', tabindex: 0, role: 'img'});
      this.spoken = element('div', {class: 'hidden', 'aria-live': 'polite'});
      this.figures = element('div', {});
      this.details = element('details', {ontoggle: () => this.tabulate()}, element('summary', {}, 'Figures as a table'), this.figures);
      this.node = element('figure', {class: spec.kind}, element('figcaption', {}, this.title, this.note),
        this.legend, this.plot, this.spoken, this.details);
      this.at = -1;
      this.plot.addEventListener('keydown', event => this.walk(event));
      this.update(spec);
    }

    update(spec) {
      this.spec = spec;
      this.title.textContent = spec.title;
      this.note.textContent = spec.note || '';
      this.plot.style.height = Charts.height(spec) + 'px';
      this.plot.setAttribute('aria-label', `${spec.title}. Arrow keys go through the values; the table below has the figures.`);
      this.tabulate();
    }

    tabulate() {
      if (this.details.open) this.figures.replaceChildren(table({caption: '', ...Charts.table(this.spec)}));
    }

    /** Draws the chart in the width that its place has now. */
    draw(width) {
      const size = width || this.plot.clientWidth;
      if (!this.chart) {
        this.chart = echarts.init(this.plot, null, {renderer: this.kind === 'heat' ? 'canvas' : 'svg', width: size});
      } else {
        this.chart.resize({width: size});
      }
      this.chart.setOption(Charts.options(this.spec, size), true);
      this.list(size);
      this.chart.getZr().flush();
    }

    list(width) {
      const {kind, series, mark} = this.spec;
      const line = kind === 'lines' && !this.spec.stacked;
      const shown = kind === 'heat' || (series.length < 2 && !mark) || Charts.isLabelled(this.spec, width) ? [] : series;
      this.legend.replaceChildren(...shown.map(each => element('li', {}, element('button', {
        type: 'button', 'aria-pressed': 'true',
        onclick: event => {
          const button = event.currentTarget;
          button.setAttribute('aria-pressed', String(button.getAttribute('aria-pressed') === 'false'));
          this.chart.dispatchAction({type: 'legendToggleSelect', name: each.name});
        },
      }, swatch(each, line), each.name))), ...(mark ? [element('li', {}, '┃ ' + mark.name)] : []));
    }

    /** Shows the value before or after, and says it to screen readers. */
    walk(event) {
      const {kind, series, categories, columns, rows, x} = this.spec;
      const steps = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: kind === 'heat' ? 0 : -1, ArrowDown: kind === 'heat' ? 0 : 1, Home: -Infinity, End: Infinity};
      if (event.key === 'Escape') {
        this.chart.dispatchAction({type: 'hideTip'});
        return;
      }
      if (!(event.key in steps)) return;
      event.preventDefault();
      const first = kind === 'lines' ? this.chart.getOption().series.findIndex(each => each.type === 'line') : 0;
      const length = kind === 'lines' ? series[0].x.length : (categories || columns).length;
      if (kind === 'heat') {
        this.row = Math.min(rows.length - 1, Math.max(0, (this.row || 0) + ({ArrowUp: -1, ArrowDown: 1}[event.key] || 0)));
      }
      this.at = Math.min(length - 1, Math.max(0, this.at + steps[event.key]));
      this.chart.dispatchAction(kind === 'heat'
        ? {type: 'showTip', seriesIndex: series.length, dataIndex: this.at * rows.length + this.row}
        : {type: 'showTip', seriesIndex: kind === 'dots' ? 1 : first, dataIndex: this.at});
      const tip = this.plot.querySelector('.tip');
      this.spoken.textContent = tip ? [...tip.children].map(row => row.innerText.replace(/\s+/g, ' ')).join(', ') : '';
    }
  }

  function figure(spec, key) {
    const known = figures.get(key);
    if (known && known.kind === spec.kind) {
      known.update(spec);
      return known.node;
    }
    const made = new Figure(spec);
    figures.set(key, made);
    return made.node;
  }

  function part(each, key) {
    if (each.kind === 'text') return element('p', {class: 'text'}, each.text);
    if (each.kind === 'warning') return element('p', {class: 'text warning'}, each.text);
    if (each.kind === 'table') return table(each);
    if (each.kind === 'details') {
      return element('details', {'data-key': key, ontoggle: draw},
        element('summary', {}, each.title), ...each.parts.map((inner, i) => part(inner, key + '/' + i)));
    }
    return figure(each, key);
  }

  function build() {
    const open = new Set([...document.querySelectorAll('details[data-key][open]')].map(each => each.dataset.key));
    const sections = data.sections.map((section, i) => element('section', {'aria-labelledby': 's' + i},
      element('h2', {id: 's' + i}, section.title),
      element('div', {class: 'parts'}, ...section.parts.map((each, k) => part(each, section.title + '/' + (each.title || k))))));
    document.querySelector('header').replaceChildren(
      element('h1', {}, data.title), ...data.lead.map(text => element('p', {}, text)),
      ...(data.live ? [element('p', {id: 'state', role: 'status'}, 'The run goes on; this page follows it.')] : []),
      element('nav', {'aria-label': 'Sections'}, ...data.sections.map((section, i) => element('a', {href: '#s' + i}, section.title))));
    document.querySelector('main').replaceChildren(...sections);
    document.querySelectorAll('details[data-key]').forEach(each => { each.open = open.has(each.dataset.key); });
    draw();
  }

  function draw(width) {
    figures.forEach(each => {
      if (each.node.isConnected && each.plot.clientWidth > 0) each.draw(typeof width === 'number' ? width : 0);
    });
  }

  function theme(name) {
    document.documentElement.dataset.theme = name || (dark.matches ? 'dark' : 'light');
  }

  async function follow() {
    try {
      const answer = await fetch('data', {cache: 'no-store'});
      const text = await answer.text();
      if (text !== follow.last) {
        follow.last = text;
        data = JSON.parse(text);
        build();
      }
    } catch (failure) {
      document.getElementById('state').textContent = 'No longer updated: the run has ended. Its folder has the page of all of it.';
      return;
    }
    if (data.live) setTimeout(follow, data.live * 1000);
  }

  theme();
  build();
  dark.addEventListener('change', () => { theme(); draw(); });
  let width = innerWidth;
  let waiting;
  addEventListener('resize', () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (innerWidth !== width) draw();
      width = innerWidth;
    }, 100);
  });
  addEventListener('beforeprint', () => { theme('light'); draw(660); });
  addEventListener('afterprint', () => { theme(); draw(); });
  document.documentElement.dataset.drawn = Math.round(performance.now() - started);
  if (data.live) setTimeout(follow, data.live * 1000);
})();
