//! The OpenMetrics text of snapshots. The specs in `__test__/compat` compare such text with prom-client's, and read it
//! with the parser of Prometheus' Python client.

use crate::snapshot::Builder;
use mpmetrics_core::exposition::openmetrics;
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::scrape::snapshot::Snapshot;

fn printed(snapshot: &Snapshot) -> String {
    String::from_utf8(openmetrics(snapshot)).expect("UTF-8")
}

#[test]
fn metrics_of_every_type_are_printed() {
    let mut make = Builder::default();
    let d = make.defaults(&[("app", "web")]);
    make.family(MetricType::Counter, "a_total", &["k"]).help = "back\\slash \"quote\"\nline".into();
    make.scalar(&[("k", "x\"y\\z\nw\0")], d, 5.0);
    make.exemplars(&[(0, f64::INFINITY, 1.5, &[("t", "\"\\\n"), ("s", "ü")])]);
    make.scalar(&[], 0, 1e21);
    make.exemplars(&[(0, 1.0, 1_700_000_000.123, &[])]);
    make.family(MetricType::Counter, "b", &[]);
    make.scalar(&[], 0, 0.5);
    make.family(MetricType::Gauge, "g_total", &[]);
    make.scalar(&[], 0, f64::NAN);
    make.family(MetricType::Histogram, "h", &["k"]).bounds =
        [0.1, 5.0, 1.0, f64::INFINITY, 9.0].into();
    make.histogram(&[("k", "v")], d, 6.5, &[1.0, 2.0, 0.0, 4.0, 0.0, 0.0]);
    make.exemplars(&[(1, 3.0, 1.0, &[("t", "1")]), (3, 7.0, 2.0, &[("t", "2")])]);
    make.family(MetricType::Summary, "s", &[]).bounds = [0.5].into();
    make.summary(&[], 0, &[1.0, 2.5]);
    make.family(MetricType::Counter, "none_total", &[]);
    assert_eq!(
        printed(&make.snapshot),
        concat!(
            "# HELP a back\\\\slash \\\"quote\\\"\\nline\n# TYPE a counter\n",
            "a_total{k=\"x\\\"y\\\\z\\nw\0\",app=\"web\"} 5 # {t=\"\\\"\\\\\\n\",s=\"ü\"} +Inf 1.5\n",
            "a_total 1e+21 # {} 1 1700000000.123\n",
            "# HELP b b help\n# TYPE b counter\nb_total 0.5\n",
            "# HELP g_total g_total help\n# TYPE g_total gauge\ng_total Nan\n",
            "# HELP h h help\n# TYPE h histogram\n",
            "h_bucket{le=\"0.1\",app=\"web\",k=\"v\"} 1\n",
            "h_bucket{le=\"5\",app=\"web\",k=\"v\"} 3 # {t=\"1\"} 3 1\n",
            "h_bucket{le=\"+Inf\",app=\"web\",k=\"v\"} 7 # {t=\"2\"} 7 2\n",
            "h_sum{app=\"web\",k=\"v\"} 6.5\nh_count{app=\"web\",k=\"v\"} 7\n",
            "# HELP s s help\n# TYPE s summary\ns{quantile=\"0.5\"} 1.75\ns_sum 3.5\ns_count 2\n",
            "# HELP none none_total help\n# TYPE none counter\n",
            "# EOF\n",
        )
    );
    assert_eq!(printed(&Snapshot::default()), "# EOF\n");
}

#[test]
fn names_that_clash_are_told_apart_or_left_out() {
    let mut make = Builder::default();
    for (kind, name) in [
        // Without `_total`, its name is that of the gauge below.
        (MetricType::Counter, "x_total"),
        (MetricType::Gauge, "x"),
        (MetricType::Counter, "y"),
        // Its samples' name is that of the counter above.
        (MetricType::Counter, "y_total"),
        (MetricType::Histogram, "h"),
        (MetricType::Gauge, "h_sum"),
        (MetricType::Counter, "z_total_total"),
    ] {
        make.family(kind, name, &[]).help = "h".into();
        if kind == MetricType::Histogram {
            make.histogram(&[], 0, 0.0, &[0.0]);
        } else {
            make.scalar(&[], 0, 1.0);
            make.exemplars(&[(0, 1.0, 1.0, &[])]);
        }
    }
    assert_eq!(
        printed(&make.snapshot),
        "# HELP x_total h\n# TYPE x_total unknown\nx_total 1\n\
         # HELP x h\n# TYPE x gauge\nx 1\n\
         # HELP y h\n# TYPE y counter\ny_total 1 # {} 1 1\n\
         # HELP h h\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 0\nh_sum 0\nh_count 0\n\
         # HELP z_total h\n# TYPE z_total counter\nz_total_total 1 # {} 1 1\n# EOF\n"
    );
}
