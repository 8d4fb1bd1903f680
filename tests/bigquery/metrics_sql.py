"""Print, as JSON, the SQL that MetricFlow runs for each metric, alone and by day.

Usage: python metrics_sql.py PROFILES_FOLDER PROJECT_FOLDER
"""

import json
import sys
from pathlib import Path

from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

configuration = CLIConfiguration()
configuration.setup(
    dbt_profiles_path=Path(sys.argv[1]), dbt_project_path=Path(sys.argv[2]), configure_file_logging=False
)
statements = {}
for metric in configuration.mf.list_metrics():
    for group_by in ([], ["metric_time"]):
        request = MetricFlowQueryRequest.create(metric_names=[metric.name], group_by_names=group_by)
        statements[" by ".join([metric.name, *group_by])] = configuration.mf.explain(request).sql_statement.sql
print(json.dumps(statements))
