# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Has a log group get an event, and tells what of its events is in a bucket."""

from __future__ import annotations

import gzip
import json
import sys
import time

import boto3


def main() -> None:
    """Takes the log group, the bucket and what keys begin with from the command line."""
    group, bucket, prefix = sys.argv[1:]
    logs, s3 = boto3.client("logs"), boto3.client("s3")
    logs.create_log_stream(logGroupName=group, logStreamName="verify")
    event = {"timestamp": int(time.time() * 1000), "message": "to be kept"}
    logs.put_log_events(logGroupName=group, logStreamName="verify", logEvents=[event])
    for entry in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []):
        packed = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
        told = json.loads(gzip.decompress(packed))
        print(entry["Key"], *(one["message"] for one in told["logEvents"]))


if __name__ == "__main__":
    main()
