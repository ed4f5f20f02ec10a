from webqq.gateway.metrics import Family, Metrics, serialize_metrics


def test_calls_are_counted_by_name_and_code_with_their_time() -> None:
    metrics = Metrics()
    for code, seconds in (("0", 0.25), ("0", 0.5), ("103", 0.0)):
        metrics.count_call("poll2", code, seconds)
    lines = serialize_metrics(metrics.families()).splitlines()
    assert 'webqq_gateway_calls_total{call="poll2",code="0"} 2' in lines
    assert 'webqq_gateway_calls_total{call="poll2",code="103"} 1' in lines
    assert 'webqq_gateway_call_seconds_sum{call="poll2"} 0.75' in lines
    assert 'webqq_gateway_call_seconds_count{call="poll2"} 3' in lines


def test_logins_are_counted_by_result() -> None:
    metrics = Metrics()
    metrics.count_login("ok")
    metrics.count_login("ok")
    assert 'webqq_gateway_logins_total{result="ok"} 2' in serialize_metrics(metrics.families())


def test_each_family_is_announced_before_its_samples() -> None:
    text = serialize_metrics([Family("a", "counter", "Help.", (("", (("x", "1"),), 1.0), ("", (("x", "2"),), 2.0)))])
    assert text == '# HELP a Help.\n# TYPE a counter\na{x="1"} 1\na{x="2"} 2\n'


def test_what_would_end_a_line_or_a_label_is_escaped() -> None:
    text = serialize_metrics([Family("a", "gauge", 'b\\c\n"', (("", (("x", 'q"\\\n'),), 0.5),))])
    assert text == '# HELP a b\\\\c\\n"\n# TYPE a gauge\na{x="q\\"\\\\\\n"} 0.5\n'


def test_large_numbers_keep_their_digits() -> None:
    assert serialize_metrics([Family.gauge("a", "b", 1_700_000_001.0)]).endswith("a 1700000001\n")
