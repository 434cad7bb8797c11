package main

import (
	"context"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

const (
	trust   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	leave   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`
	managed = "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"
)

// roles: aws_iam_role, aws_iam_role_policy, aws_iam_policy, aws_iam_role_policy_attachment.
func roles(ctx context.Context, configuration aws.Config) {
	client := iam.NewFromConfig(configuration)
	name, inline := aws.String("sdks-go"), aws.String("inline")
	_, err := client.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String("no json")})
	check("CreateRole, trust policy no JSON", "IAM API CreateRole", true, is[*types.MalformedPolicyDocumentException](err))
	must(client.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(trust), Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}))
	_, err = client.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(trust)})
	check("CreateRole, a second time", "IAM API CreateRole", true, is[*types.EntityAlreadyExistsException](err))
	role := must(client.GetRole(ctx, &iam.GetRoleInput{RoleName: name})).Role
	document := must(url.QueryUnescape(aws.ToString(role.AssumeRolePolicyDocument)))
	check("GetRole, trust policy", "IAM API GetRole: URL-encoded", trust, document)
	check("GetRole, tags", "provider: read of tags", 1, len(role.Tags))
	must(client.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: inline, PolicyDocument: aws.String(leave)}))
	read := must(client.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: name, PolicyName: inline}))
	check("GetRolePolicy", "IAM API GetRolePolicy", leave, must(url.QueryUnescape(aws.ToString(read.PolicyDocument))))
	policies(ctx, client, name)
	must(client.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: inline}))
	must(client.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name}))
	_, err = client.GetRole(ctx, &iam.GetRoleInput{RoleName: name})
	check("GetRole, deleted", "IAM API GetRole", true, is[*types.NoSuchEntityException](err))
}

func policies(ctx context.Context, client *iam.Client, role *string) {
	arn := must(client.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("sdks-go"), PolicyDocument: aws.String(leave)})).Policy.Arn
	must(client.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: aws.String(leave)}))
	must(client.SetDefaultPolicyVersion(ctx, &iam.SetDefaultPolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v2")}))
	found := must(client.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: arn})).Policy
	check("SetDefaultPolicyVersion", "IAM API SetDefaultPolicyVersion", "v2", aws.ToString(found.DefaultVersionId))
	_, err := client.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: arn})
	check("DeletePolicy, with versions", "IAM API DeletePolicy", true, is[*types.DeleteConflictException](err))
	_, err = client.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: role, PolicyArn: aws.String(managed + "s")})
	check("AttachRolePolicy, misspelt", "IAM API AttachRolePolicy", true, is[*types.NoSuchEntityException](err))
	for _, attached := range []*string{arn, aws.String(managed)} {
		must(client.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: role, PolicyArn: attached}))
	}
	count := 0
	pages := iam.NewListAttachedRolePoliciesPaginator(client, &iam.ListAttachedRolePoliciesInput{RoleName: role, MaxItems: aws.Int32(1)})
	for ; pages.HasMorePages(); count++ {
		page := must(pages.NextPage(ctx))
		check("ListAttachedRolePolicies, MaxItems 1", "IAM API: MaxItems", 1, len(page.AttachedPolicies))
	}
	check("ListAttachedRolePolicies, pages", "IAM API: Marker", 2, count)
	_, err = client.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: role})
	check("DeleteRole, policies attached", "IAM API DeleteRole", true, is[*types.DeleteConflictException](err))
	for _, attached := range []*string{arn, aws.String(managed)} {
		must(client.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: role, PolicyArn: attached}))
	}
	must(client.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v1")}))
	must(client.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: arn}))
}
