namespace Autograd.Zoo.Reports;

/// <summary>How a report looks, in light and dark, on a desk and in a hand.</summary>
internal static class PageStyle
{
    public const string Css = """
        :root { color-scheme: light dark; --paper: #fdfcfa; --tint: #f4f1ec; --ink: #20242a; --soft: #5d6570; --rule: #dfdbd3; --heat: #1d4f91;
          --c0: #1d4f91; --c1: #c2501a; --c2: #1f7a4f; --c3: #7d3fa8; --c4: #8a6a00; }
        @media (prefers-color-scheme: dark) { :root { --paper: #15171b; --tint: #1e2126; --ink: #e6e5e1; --soft: #a3a9b2; --rule: #34383f; --heat: #9dc3ff;
          --c0: #8ab4ff; --c1: #ff9a62; --c2: #6fd0a0; --c3: #cf9ff5; --c4: #e0c257; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; -webkit-text-size-adjust: 100%; }
        main { max-width: 46rem; margin: 0 auto; padding: 2.6rem 1.25rem 3rem; }
        h1, h2, .lede, .value { font-family: "Iowan Old Style", Charter, Georgia, "Liberation Serif", serif; }
        h1 { font-size: 2.5rem; line-height: 1.1; font-weight: 600; margin: .1rem 0 .5rem; letter-spacing: -.01em; overflow-wrap: anywhere; }
        h2 { font-size: 1.4rem; line-height: 1.2; font-weight: 600; margin: 0 0 .35rem; }
        .kicker { margin: 0; font-size: .78rem; letter-spacing: .09em; text-transform: uppercase; color: var(--soft); }
        .lede { font-size: 1.2rem; line-height: 1.45; margin: 0; }
        section { border-top: 1px solid var(--rule); padding-top: 1.5rem; margin-top: 2.2rem; }
        section > p { color: var(--soft); margin: 0 0 1rem; max-width: 40rem; }
        .figure { border-top: 3px solid var(--ink); padding-top: 1.1rem; margin-top: 1.8rem; }
        .value { font-size: 3.4rem; line-height: 1; font-weight: 600; margin: 0 0 .3rem; color: var(--ink); font-variant-numeric: lining-nums; }
        .figure > p { color: var(--ink); } .figure > p.value { margin: .15rem 0 .4rem; max-width: none; } .figure > p.kicker { color: var(--soft); margin: 0; }
        .bar { position: relative; height: .7rem; background: var(--tint); margin: 0 0 1.9rem; } .bar i { display: block; height: 100%; background: var(--c0); width: calc(var(--v) * 100%); }
        .bar b { position: absolute; top: -.3rem; bottom: -.3rem; left: calc(var(--v) * 100%); width: 2px; margin-left: -1px; background: var(--c1); }
        .bar span { position: absolute; top: 1.05rem; font-size: .78rem; color: var(--soft); white-space: nowrap; right: calc(100% - var(--v) * 100%); padding-right: .3rem; } .bar span.after { right: auto; left: calc(var(--v) * 100%); }
        .facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .8rem 1.4rem; margin: 0; }
        .facts dt { color: var(--soft); font-size: .8rem; } .facts dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; } .facts .whole { grid-column: 1 / -1; }
        .scroll { overflow-x: auto; max-width: 100%; } .drawn svg { width: 100%; min-width: 34rem; height: auto; display: block; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; width: 100%; }
        th, td { text-align: left; padding: .34rem 1rem .34rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
        th:last-child, td:last-child { padding-right: 0; } thead th { color: var(--soft); font-weight: 500; font-size: .8rem; } .number { text-align: right; white-space: nowrap; }
        td { overflow-wrap: anywhere; min-width: 4.2rem; } .given code, .given td:last-child { font-weight: 700; } code { font: .92em ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
        .settings { margin-top: 1rem; } .settings td:first-child { width: 68%; } .settings small { display: block; color: var(--soft); font-size: .8rem; line-height: 1.4; }
        .heat { width: auto; border-collapse: separate; border-spacing: 1px; font-size: .78rem; } .heat th, .heat td { border: 0; padding: 0 .25rem; text-align: center; vertical-align: middle; white-space: nowrap; min-width: 0; }
        .heat thead td { background: none; } .heat thead th { font-size: .78rem; color: var(--ink); font-weight: 400; padding-bottom: .2rem; } .heat tbody th { font-weight: 400; text-align: right; padding-right: .5rem; }
        .heat .axis { color: var(--soft); } .heat thead tr:first-child .axis { text-align: left; } .heat .stands { vertical-align: bottom; } .heat .stands span { writing-mode: vertical-rl; transform: rotate(180deg); }
        .heat tbody td, .key i { background: color-mix(in oklab, var(--heat) calc(var(--v) * 100%), var(--tint)); } .heat tbody td { width: 2.6rem; height: 2rem; }
        .heat.bare tbody td { width: 1.7rem; min-width: 1.15rem; height: 1.55rem; padding: 0; } .heat td.strong { color: var(--paper); } .heat td.zero { color: transparent; } .heat td.same { box-shadow: inset 0 0 0 1px var(--soft); }
        @media (prefers-color-scheme: dark) { .heat td.middling { color: var(--paper); } }
        .key { display: flex; flex-wrap: wrap; gap: .2rem 1rem; font-size: .78rem; margin: .7rem 0 0; } .key i { display: inline-block; width: 1rem; height: .8rem; margin-right: .35rem; vertical-align: -1px; }
        pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; background: var(--tint); padding: .9rem 1rem; font: .84rem/1.55 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
                figure { margin: 0 0 1.4rem; min-width: 0; } figure:last-child { margin-bottom: 0; } figcaption { font-size: .86rem; margin-bottom: .3rem; } figcaption b { font-weight: 600; margin-right: .7rem; } figcaption span { color: var(--soft); margin-right: .9rem; white-space: nowrap; }
        figcaption i { display: inline-block; width: 1.1rem; height: 3px; margin-right: .4rem; vertical-align: middle; } figcaption i.band { height: .75rem; }
        .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1.4rem 1.6rem; } .pair figure { margin: 0; } svg.chart { width: 100%; height: auto; display: block; overflow: visible; } .for-narrow { display: none !important; }
        .chart text { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; } .chart .note { fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
        .chart .grid { stroke: var(--rule); } .chart .tick { stroke: var(--soft); } .chart .level { stroke: var(--ink); stroke-dasharray: 5 4; opacity: .75; } .chart .mark { stroke: var(--soft); stroke-dasharray: 1 3; }
        .chart polyline { fill: none; stroke-width: 2; stroke-linejoin: round; } .chart .raw { stroke-width: 1; opacity: .3; } .chart .ring { fill: none; stroke: var(--ink); stroke-width: 1.5; } .chart .band { fill: var(--c0); stroke: none; opacity: .2; }
        .s0 { stroke: var(--c0); } .s1 { stroke: var(--c1); } .s2 { stroke: var(--c2); } .s3 { stroke: var(--c3); } .s4 { stroke: var(--c4); }
        circle.s0 { fill: var(--c0); } circle.s1 { fill: var(--c1); } circle.s2 { fill: var(--c2); } circle.s3 { fill: var(--c3); } circle.s4 { fill: var(--c4); }
        i.s0 { background: var(--c0); } i.s1 { background: var(--c1); } i.s2 { background: var(--c2); } i.s3 { background: var(--c3); } i.s4 { background: var(--c4); } i.band { background: var(--c0); opacity: .3; }
        .none { color: var(--soft); } footer { border-top: 1px solid var(--rule); margin-top: 2.2rem; padding-top: .9rem; color: var(--soft); font-size: .85rem; }
        @media (max-width: 40rem) { main { padding: 1.6rem 1rem 2rem; } h1 { font-size: 2.05rem; } .lede { font-size: 1.08rem; } .value { font-size: 2.7rem; } .pair { grid-template-columns: 1fr; }
          .for-wide { display: none !important; } .for-narrow { display: block !important; } .heat { font-size: .68rem; } .heat th, .heat td { padding: 0 .08rem; } .heat tbody td { width: 1.75rem; height: 1.6rem; } .heat.bare tbody td { width: .9rem; min-width: .7rem; height: 1.05rem; } .heat .stands { line-height: 1; }
          .heat thead th { font-size: .68rem; } .heat tbody th { padding-right: .3rem; } .facts { grid-template-columns: 1fr 1fr; } th, td { padding-right: .7rem; } }
        """;
}
