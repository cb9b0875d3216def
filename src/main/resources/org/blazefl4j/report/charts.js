'use strict';

/** Turns the charts of the page's data into options of ECharts. */
const Charts = (() => {
  const DASHES = ['solid', 'dashed', 'dotted'];
  const SHAPES = ['circle', 'rect', 'triangle', 'diamond'];
  const COLOURS = 8;

  /** Formats a number with four significant digits. */
  function text(value) {
    if (value === null || value === undefined || Number.isNaN(value)) return '–';
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e9)) return value.toExponential(2);
    if (Number.isInteger(value)) return value.toLocaleString('en');
    return value.toLocaleString('en', {maximumSignificantDigits: 4});
  }

  function variable(name) {
    return getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
  }

  function colourOf(series) {
    return variable(series.colour < 0 ? 'c7' : 'c' + series.colour % COLOURS);
  }

  function dashOf(series) {
    return DASHES[series.dashed ? 1 : Math.max(0, Math.floor(series.colour / COLOURS)) % DASHES.length];
  }

  /** Makes an element of attributes, and of children that are elements or text. */
  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
      else made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }

  /** Draws what stands for a series in legends and tips. */
  function swatch(series, line) {
    const space = 'http://www.w3.org/2000/svg';
    const svg = document.createElementNS(space, 'svg');
    svg.setAttribute('width', 18);
    svg.setAttribute('height', 10);
    svg.setAttribute('aria-hidden', 'true');
    const shape = document.createElementNS(space, line ? 'line' : 'rect');
    const at = line
      ? {x1: 0, x2: 18, y1: 5, y2: 5, stroke: colourOf(series), 'stroke-width': 3,
        'stroke-dasharray': {solid: 'none', dashed: '5 3', dotted: '2 2'}[dashOf(series)]}
      : {x: 3, y: 0, width: 12, height: 10, rx: 2, fill: colourOf(series)};
    for (const [name, value] of Object.entries(at)) shape.setAttribute(name, value);
    svg.append(shape);
    return svg;
  }

  /** Makes the content of a tip: a head, and rows of a series, a name and a value. */
  function tip(head, rows, line) {
    return element('div', {class: 'tip'}, element('div', {}, element('strong', {}, head)),
      ...rows.map(([series, name, value]) => element('div', {},
        ...(series ? [swatch(series, line)] : []), element('span', {}, name), element('b', {}, value))));
  }

  function base() {
    return {
      animation: false,
      textStyle: {fontFamily: getComputedStyle(document.body).fontFamily, color: variable('ink')},
      legend: {show: false},
      tooltip: {
        confine: true, transitionDuration: 0, backgroundColor: variable('paper'), borderColor: variable('rule'),
        padding: [6, 10], textStyle: {color: variable('ink')},
      },
    };
  }

  function axis(spec, more) {
    const soft = variable('soft');
    return {
      axisLabel: {color: soft, hideOverlap: true, formatter: spec.log || more.type !== 'category' ? text : undefined},
      axisLine: {show: true, onZero: false, lineStyle: {color: soft}},
      axisTick: {show: true, lineStyle: {color: soft}},
      splitLine: {show: more.type !== 'category', lineStyle: {color: variable('rule')}},
      nameTextStyle: {color: soft},
      ...more,
    };
  }

  function numbers(spec, more) {
    return axis(spec, {type: spec.log ? 'log' : 'value', scale: !spec.zero, ...more});
  }

  function below(spec, more) {
    return numbers(spec, {name: spec.title, nameLocation: 'middle', nameGap: 28, ...more});
  }

  /** Draws a band between two lines as one shape. */
  function band(series) {
    const points = series.x.map((x, i) => [x, series.low[i], series.high[i]]).filter(p => p[1] !== null && p[2] !== null);
    return {
      type: 'custom', name: series.name, silent: true, clip: true, z: 1, tooltip: {show: false}, encode: {x: 0, y: [1, 2]},
      data: points,
      renderItem: (params, api) => params.dataIndex > 0 ? null : {
        type: 'polygon',
        shape: {points: [...points.map(p => api.coord([p[0], p[2]])), ...points.slice().reverse().map(p => api.coord([p[0], p[1]]))]},
        style: {fill: colourOf(series), opacity: series.colour < 0 ? .16 : .2},
      },
    };
  }

  /** Returns whether the ends of lines have their names, so that no legend is needed. */
  function isLabelled(spec, width) {
    const ends = spec.kind === 'lines' ? spec.series.map(each => each.x[each.x.length - 1]) : [];
    return spec.kind === 'lines' && width > 460 && !spec.stacked && spec.series.length > 1 && spec.series.length <= 6
      && spec.series.every(each => each.name.length <= 24 && each.x.length > 1) && Math.min(...ends) >= .98 * Math.max(...ends);
  }

  function lines(spec, width) {
    const labelled = isLabelled(spec, width);
    const drawn = [];
    spec.series.forEach((series, i) => {
      if (series.low) drawn.push(band(series));
      const colour = colourOf(series);
      drawn.push({
        type: 'line', name: series.name, color: colour, z: 3, emphasis: {disabled: true},
        data: series.x.map((x, k) => [x, series.y[k]]),
        showSymbol: series.x.length <= 30, symbol: SHAPES[i % SHAPES.length], symbolSize: 6,
        lineStyle: {width: spec.stacked ? 1 : 2, type: dashOf(series)},
        ...(spec.stacked ? {stack: 'all', areaStyle: {opacity: .75}} : {}),
        ...(labelled ? {
          endLabel: {show: true, color: colour, formatter: '{a}', lineHeight: 15},
          labelLayout: {moveOverlap: 'shiftY'},
        } : {}),
      });
    });
    const places = spec.x.log ? {customValues: [...new Set(spec.series.flatMap(each => each.x))].sort((a, b) => a - b)} : {};
    const few = spec.x.log && places.customValues.length <= 12;
    const whole = spec.x.title === 'round' || spec.series.every(s => s.x.every(Number.isInteger));
    return {
      ...base(),
      grid: {left: 4, right: labelled ? 12 + 7 * Math.max(...spec.series.map(each => each.name.length)) : 22, top: 30, bottom: 26, containLabel: true},
      xAxis: below(spec.x, {...(whole && !spec.x.zero && !spec.x.log ? {min: all => all.min <= all.max / 10 ? 0 : all.min, max: 'dataMax', minInterval: 1} : {}), splitLine: {show: false},
        ...(few ? {min: all => all.min * .999, max: all => all.max * 1.001, axisTick: {...places, lineStyle: {color: variable('soft')}},
          axisLabel: {...places, color: variable('soft'), formatter: text}} : {})}),
      yAxis: numbers(spec.y, {name: spec.y.title, nameLocation: 'end', nameGap: 12,
        nameTextStyle: {color: variable('soft'), align: 'left'}, axisLine: {show: false}, axisTick: {show: false}}),
      series: drawn,
      tooltip: {...base().tooltip, trigger: 'axis', axisPointer: {type: 'line', lineStyle: {color: variable('soft')}, label: {show: false}},
        formatter: hovered => {
          const found = hovered.filter(each => each.seriesType === 'line');
          return found.length === 0 ? '' : tip(spec.x.title + ' ' + text(found[0].value[0]), found.map(each => {
            const series = spec.series.find(s => s.name === each.seriesName);
            const k = each.dataIndex;
            const range = series.low && series.low[k] !== null ? ` (${text(series.low[k])} to ${text(series.high[k])})` : '';
            return [series, series.name, text(each.value[1]) + range];
          }), true);
        }},
    };
  }

  function categories(spec, width) {
    return axis({}, {type: 'category', data: spec.categories, inverse: true, axisTick: {show: false}, splitLine: {show: false},
      axisLabel: {color: variable('ink'), width: width > 500 ? 190 : 108, overflow: 'break', lineHeight: 14}});
  }

  function ofCategories(spec, width, trigger, series) {
    return {
      ...base(),
      grid: {left: 4, right: 58, top: 8, bottom: 26, containLabel: true},
      xAxis: below(spec.value, {axisLine: {show: false}}),
      yAxis: categories(spec, width),
      series,
      tooltip: {...base().tooltip, trigger: 'axis', axisPointer: {type: trigger, shadowStyle: {color: 'rgba(128,128,128,.12)'},
        lineStyle: {color: variable('soft')}, label: {show: false}}, axis: 'y',
      formatter: hovered => {
        const k = hovered[0].dataIndex;
        const rows = spec.series.map(each => [each, each.name, text(each.y[k])]);
        if (spec.kind === 'bars' && spec.series.length > 1) rows.push([null, 'sum', text(sum(spec, k))]);
        if (spec.mark) rows.push([null, spec.mark.name, text(spec.mark.y[k])]);
        return tip(spec.categories[k] + ', ' + spec.value.title, rows, false);
      }},
    };
  }

  function sum(spec, k) {
    return spec.series.reduce((all, each) => all + (each.y[k] || 0), 0);
  }

  function bars(spec, width) {
    const last = spec.series.length - 1;
    const drawn = spec.series.map((each, i) => ({
      type: 'bar', name: each.name, stack: 'all', color: colourOf(each), barMaxWidth: 22, emphasis: {disabled: true},
      itemStyle: {borderColor: variable('card'), borderWidth: .5},
      data: each.y.map(value => value === null ? 0 : value),
      ...(i === last ? {label: {show: true, position: 'right', color: variable('ink'), formatter: at => text(sum(spec, at.dataIndex))}} : {}),
    }));
    if (spec.mark) {
      drawn.push({type: 'scatter', name: spec.mark.name, symbol: 'rect', symbolSize: [3, 28], color: variable('ink'), z: 5,
        silent: true, data: spec.mark.y.map((value, k) => [value, k])});
    }
    return ofCategories(spec, width, 'shadow', drawn);
  }

  function dots(spec, width) {
    const first = spec.series[0];
    const end = spec.series[spec.series.length - 1];
    const spans = {
      type: 'custom', name: 'span', silent: true, z: 1, encode: {x: [0, 1], y: 2},
      data: first.y.map((value, k) => [value, end.y[k], k]),
      renderItem: (params, api) => {
        const [from, to] = [api.coord([api.value(0), api.value(2)]), api.coord([api.value(1), api.value(2)])];
        return {type: 'line', shape: {x1: from[0], y1: from[1], x2: to[0], y2: to[1]}, style: {stroke: variable('soft'), lineWidth: 2}};
      },
    };
    const drawn = spec.series.map((each, i) => ({
      type: 'scatter', name: each.name, color: colourOf(each), symbol: SHAPES[i % SHAPES.length], z: 10 - i,
      symbolSize: 10 + 2 * i, emphasis: {disabled: true}, data: each.y.map((value, k) => [value, k]),
    }));
    return ofCategories(spec, width, 'line', [spans, ...drawn]);
  }

  const STRIP = 52;
  const GAP = 30;

  function rowHeight(spec) {
    return Math.max(6, Math.min(20, 420 / spec.rows.length));
  }

  function heat(spec, width) {
    const top = 22 + spec.series.length * (STRIP + GAP);
    const left = 52;
    const grids = spec.series.map((each, i) => ({left, right: 12, top: 22 + i * (STRIP + GAP), height: STRIP}));
    grids.push({left, right: 12, top, height: spec.rows.length * rowHeight(spec)});
    const main = spec.series.length;
    const soft = variable('soft');
    const columns = (i, shown) => axis({}, {type: 'category', data: spec.columns, gridIndex: i, axisTick: {show: false},
      splitLine: {show: false}, axisLabel: {show: shown, color: soft, interval: Math.ceil(spec.columns.length * 34 / width) - 1},
      ...(shown ? {name: spec.column, nameLocation: 'middle', nameGap: 26} : {})});
    const cells = [];
    spec.cells.forEach((column, x) => column.forEach((value, y) => cells.push([x, y, value])));
    return {
      ...base(),
      grid: grids,
      xAxis: grids.map((grid, i) => columns(i, i === main)),
      yAxis: [
        ...spec.series.map((each, i) => numbers({zero: true}, {gridIndex: i, splitNumber: 2, name: each.name, nameLocation: 'end',
          nameGap: 8, nameTextStyle: {color: soft, align: 'left'}, axisLine: {show: false}, axisTick: {show: false}})),
        axis({}, {type: 'category', data: spec.rows, gridIndex: main, inverse: true, axisTick: {show: false}, splitLine: {show: false},
          axisLabel: {color: soft, interval: Math.ceil(12 / rowHeight(spec)) - 1}, name: spec.row, nameLocation: 'middle', nameGap: 34}),
      ],
      visualMap: {type: 'continuous', seriesIndex: main, dimension: 2, min: 0, max: 1, orient: 'horizontal', right: 12, bottom: 0,
        itemWidth: 10, itemHeight: 110, calculable: false, hoverLink: false, text: ['1', spec.cell + ': 0'], textStyle: {color: soft},
        inRange: {color: [0, 1, 2, 3].map(i => variable('heat' + i))}},
      series: [
        ...spec.series.map((each, i) => ({type: 'bar', name: each.name, xAxisIndex: i, yAxisIndex: i, data: each.y,
          color: colourOf(each), barCategoryGap: '15%', emphasis: {disabled: true}})),
        {type: 'heatmap', name: spec.cell, xAxisIndex: main, yAxisIndex: main, data: cells, progressive: 0,
          emphasis: {itemStyle: {borderColor: variable('ink'), borderWidth: 1}}},
      ],
      tooltip: {...base().tooltip, trigger: 'item', formatter: at => {
        const k = at.seriesIndex === main ? at.value[0] : at.dataIndex;
        const rows = spec.series.map(each => [null, each.name, text(each.y[k])]);
        if (at.seriesIndex === main) rows.unshift([null, `${spec.row} ${spec.rows[at.value[1]]}: ${spec.cell}`, text(at.value[2])]);
        return tip(spec.column + ' ' + spec.columns[k], rows, false);
      }},
    };
  }

  const KINDS = {lines, bars, dots, heat};

  function height(spec) {
    if (spec.kind === 'lines') return 300;
    if (spec.kind === 'heat') return 22 + spec.series.length * (STRIP + GAP) + spec.rows.length * rowHeight(spec) + 66;
    return 64 + spec.categories.length * (spec.kind === 'bars' ? 38 : 32);
  }

  /** Returns the figures of a chart as a head and rows, some of them if there are many. */
  function table(spec) {
    if (spec.kind === 'lines') {
      const points = [...new Set(spec.series.flatMap(each => each.x))].sort((a, b) => a - b);
      const step = Math.max(1, Math.ceil(points.length / 25));
      const shown = points.filter((x, i) => i % step === 0 || i === points.length - 1);
      const at = (series, x) => series.x.reduce((best, each, i) => Math.abs(each - x) < Math.abs(series.x[best] - x) ? i : best, 0);
      return {head: [spec.x.title, ...spec.series.map(s => s.name)],
        rows: shown.map(x => [text(x), ...spec.series.map(s => text(s.x.length ? s.y[at(s, x)] : null))])};
    }
    if (spec.kind === 'heat') {
      return {head: [spec.column, ...spec.series.map(s => s.name), ...spec.rows.map(row => spec.row + ' ' + row)],
        rows: spec.columns.map((column, k) => [column, ...spec.series.map(s => text(s.y[k])), ...spec.cells[k].map(text)])};
    }
    const all = spec.mark ? [...spec.series, spec.mark] : spec.series;
    return {head: [spec.value.title, ...all.map(s => s.name)],
      rows: spec.categories.map((name, k) => [name, ...all.map(s => text(s.y[k]))])};
  }

  return {element, swatch, height, table, text, isLabelled, options: (spec, width) => KINDS[spec.kind](spec, width)};
})();
