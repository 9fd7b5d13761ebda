import sys
def test_sub():
    sys.path.insert(0, "/work/wt/scaling")
    import importlib
    from pathlib import Path
    m = importlib.import_module("tests.unit.comparison.test_declared")
    from tests.programs import answers
    names = ["defaults", "a group", "a group behind a load balancer", "an internal load balancer with a certificate"]
    told = answers(Path("/work/wt/scaling/tests/unit/comparison/declare.py"), {n: m.CHOICES[n] for n in names})
    for c in names:
        m.test_every_kind_and_attribute_is_known(told, c)
        m.test_where_nothing_stands_everything_is_to_be_created(told, c)
    m.test_a_load_balancer_lets_in_whom_the_settings_name_and_members_let_in_the_load_balancer(told)
    m.test_without_a_word_a_load_balancer_lets_nobody_in(told)
    m.test_with_a_certificate_plain_http_leads_to_tls(told)
    for c, w in (("a group behind a load balancer", True), ("an internal load balancer with a certificate", False), ("defaults", False)):
        m.test_the_bucket_of_logs_takes_what_a_load_balancer_writes(told, c, w)
    m.test_members_are_what_the_settings_of_compute_say(told)
    print("ALL FINE")
