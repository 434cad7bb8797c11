"""The Pulumi program run once per account: state bucket, GitHub's identity, workflows' roles."""
