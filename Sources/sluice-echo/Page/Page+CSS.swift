extension Page {
    static let css = #"""
        :root { color-scheme: light dark; --ink: #12262b; --soft: #5a7177; --line: #d5e0e2; --card: #fff;
          --ground: #f1f6f7; --accent: #0f7285; --good: #1c8a5a; --bad: #b3442f; --code: #eaf2f3; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e3eef0; --soft: #93abb1; --line: #26414a; --card: #12272e; --ground: #0b1a1f;
            --accent: #5fc0d2; --good: #59cf9b; --bad: #ef8c76; --code: #0d2027; }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 1120px; padding: 28px 20px 60px; background: var(--ground); color: var(--ink);
          font: 15px/1.5 system-ui, sans-serif; }
        header { display: flex; gap: 14px; align-items: center; margin-bottom: 22px; }
        h1 { font-size: 22px; margin: 0; }
        header p { margin: 0; color: var(--soft); }
        main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 16px; }
        section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px 18px;
          min-width: 0; }
        .wide { grid-column: 1 / -1; }
        h2 { font-size: 15px; margin: 0 0 10px; display: flex; justify-content: space-between; align-items: center; }
        p { margin: 0 0 10px; }
        form { display: flex; gap: 8px; }
        input, select, button { font: inherit; padding: 7px 11px; border-radius: 8px; border: 1px solid var(--line);
          background: var(--ground); color: inherit; min-width: 0; }
        input { flex: 1; }
        #target, pre, code, td, dd { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 13px; }
        button { background: var(--accent); border-color: var(--accent); color: var(--card); font-weight: 600;
          cursor: pointer; }
        button:disabled { opacity: .5; }
        .presets { margin: 8px 0 14px; display: flex; flex-wrap: wrap; gap: 6px 16px; }
        a { color: var(--accent); cursor: pointer; text-decoration: underline; text-underline-offset: 3px; }
        dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 10px; margin: 0 0 12px; }
        dl div { border-left: 3px solid var(--accent); padding-left: 10px; min-width: 0; }
        dt { color: var(--soft); font-size: 12px; }
        dd { margin: 0; overflow-wrap: anywhere; }
        pre { background: var(--code); border-radius: 8px; padding: 10px 12px; margin: 8px 0; overflow: auto;
          max-height: 240px; white-space: pre-wrap; overflow-wrap: anywhere; }
        code { background: var(--code); padding: 1px 5px; border-radius: 5px; }
        summary { cursor: pointer; color: var(--soft); }
        .quiet { color: var(--soft); }
        .badge { font-size: 12px; font-weight: 600; border-radius: 99px; padding: 2px 10px; background: var(--code);
          color: var(--soft); }
        .good { color: var(--good); }
        .bad { color: var(--bad); }
        #bars { display: flex; align-items: flex-end; gap: 1px; height: 84px; margin-bottom: 10px;
          border-bottom: 1px solid var(--line); }
        #bars i { flex: 1; background: var(--accent); min-height: 1px; border-radius: 2px 2px 0 0; }
        ul { list-style: none; margin: 0 0 12px; padding: 0; }
        li { display: flex; gap: 10px; align-items: center; padding: 5px 0; border-bottom: 1px solid var(--line); }
        li span { flex: 1; overflow-wrap: anywhere; }
        li.done span { text-decoration: line-through; color: var(--soft); }
        li input { flex: none; }
        table { width: 100%; border-collapse: collapse; table-layout: fixed; }
        th { text-align: left; font-size: 12px; color: var(--soft); font-weight: 500; }
        th:nth-child(2), th:nth-child(3) { width: 56px; }
        td { padding: 3px 6px 3px 0; border-top: 1px solid var(--line); white-space: nowrap; overflow: hidden;
          text-overflow: ellipsis; font-size: 12px; }

        """#
}
