package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

const wait = time.Minute

var function = aws.String("sdks-go")

// functions: aws_lambda_function, aws_lambda_alias, aws_lambda_function_event_invoke_config.
func functions(ctx context.Context, configuration aws.Config) {
	client := lambda.NewFromConfig(configuration)
	role := must(iam.NewFromConfig(configuration).CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("sdks-go-function"), AssumeRolePolicyDocument: aws.String(trust)})).Role.Arn
	code := &types.FunctionCode{ZipFile: must(os.ReadFile(os.Getenv("SDKS_ZIP")))}
	created := must(client.CreateFunction(ctx, &lambda.CreateFunctionInput{
		FunctionName: function, Role: role, Code: code, Handler: aws.String("app.handler"),
		Runtime: types.Runtime(os.Getenv("SDKS_RUNTIME")), Tags: map[string]string{"k": "v"},
	}))
	check("CreateFunction, state", "Lambda Developer Guide: functions-states", types.StatePending, created.State)
	named := &lambda.GetFunctionInput{FunctionName: function}
	err := lambda.NewFunctionActiveV2Waiter(client).Wait(ctx, named, wait)
	check("waiter FunctionActiveV2", "model: waiters", nil, err)
	read := must(client.GetFunction(ctx, named))
	check("GetFunction, tags", "Lambda API GetFunction", "v", read.Tags["k"])
	check("GetFunction, timeout", "Lambda API CreateFunction: default", 3, aws.ToInt32(read.Configuration.Timeout))
	archive := must(http.Get(aws.ToString(read.Code.Location)))
	check("GetFunction, location of the code", "model: FunctionCodeLocation", http.StatusOK, archive.StatusCode)
	signing := must(client.GetFunctionCodeSigningConfig(ctx, &lambda.GetFunctionCodeSigningConfigInput{FunctionName: function}))
	check("GetFunctionCodeSigningConfig, none", "provider: read of functions", "", aws.ToString(signing.CodeSigningConfigArn))
	change(ctx, client)
	aliases(ctx, client)
	invoke(ctx, client)
	must(client.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: function}))
	_, err = client.GetFunction(ctx, named)
	check("GetFunction, deleted", "Lambda API GetFunction", true, is[*types.ResourceNotFoundException](err))
}

func change(ctx context.Context, client *lambda.Client) {
	must(client.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: function, Timeout: aws.Int32(9)}))
	_, err := client.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: function, MemorySize: aws.Int32(64)})
	check("UpdateFunctionConfiguration, 64 MB", "Lambda quotas", "true", is[*types.InvalidParameterValueException](err) || code(err) == "ValidationException")
	err = lambda.NewFunctionUpdatedV2Waiter(client).Wait(ctx, &lambda.GetFunctionInput{FunctionName: function}, wait)
	check("waiter FunctionUpdatedV2", "model: waiters", nil, err)
	must(client.PutFunctionConcurrency(ctx, &lambda.PutFunctionConcurrencyInput{FunctionName: function, ReservedConcurrentExecutions: aws.Int32(0)}))
	_, err = client.Invoke(ctx, &lambda.InvokeInput{FunctionName: function})
	var throttled *types.TooManyRequestsException
	check("Invoke, reservation of 0", "Lambda API Invoke", true, errors.As(err, &throttled))
	if throttled != nil {
		check("Invoke, reason of the throttle", "model: ThrottleReason", types.ThrottleReasonReservedFunctionConcurrentInvocationLimitExceeded, throttled.Reason)
	}
	must(client.DeleteFunctionConcurrency(ctx, &lambda.DeleteFunctionConcurrencyInput{FunctionName: function}))
	version := must(client.PublishVersion(ctx, &lambda.PublishVersionInput{FunctionName: function}))
	check("PublishVersion", "Lambda API PublishVersion", "1", aws.ToString(version.Version))
	read := must(client.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: version.FunctionArn, Qualifier: version.Version}))
	check("GetFunctionConfiguration, ARN and qualifier", "provider: wait for a version", "1", aws.ToString(read.Version))
	check("GetFunctionConfiguration, timeout of the version", "Lambda API", 9, aws.ToInt32(read.Timeout))
	versions := 0
	pages := lambda.NewListVersionsByFunctionPaginator(client, &lambda.ListVersionsByFunctionInput{FunctionName: function, MaxItems: aws.Int32(1)})
	for pages.HasMorePages() {
		versions += len(must(pages.NextPage(ctx)).Versions)
	}
	check("ListVersionsByFunction, all pages", "model: paginators", 2, versions)
	arn := aws.String(strings.TrimSuffix(aws.ToString(version.FunctionArn), ":1"))
	must(client.TagResource(ctx, &lambda.TagResourceInput{Resource: arn, Tags: map[string]string{"n": "w"}}))
	must(client.UntagResource(ctx, &lambda.UntagResourceInput{Resource: arn, TagKeys: []string{"k"}}))
	check("ListTags", "Lambda API ListTags", "map[n:w]", must(client.ListTags(ctx, &lambda.ListTagsInput{Resource: arn})).Tags)
}

func aliases(ctx context.Context, client *lambda.Client) {
	live := aws.String("live")
	must(client.CreateAlias(ctx, &lambda.CreateAliasInput{FunctionName: function, Name: live, FunctionVersion: aws.String("1")}))
	_, err := client.CreateAlias(ctx, &lambda.CreateAliasInput{FunctionName: function, Name: live, FunctionVersion: aws.String("1")})
	check("CreateAlias, a second time", "Lambda API CreateAlias", true, is[*types.ResourceConflictException](err))
	_, err = client.UpdateAlias(ctx, &lambda.UpdateAliasInput{FunctionName: function, Name: live, RevisionId: aws.String("00000000-0000-0000-0000-000000000000")})
	check("UpdateAlias, another revision", "Lambda API UpdateAlias", true, is[*types.PreconditionFailedException](err))
	settings := &lambda.PutFunctionEventInvokeConfigInput{FunctionName: function, Qualifier: live, MaximumRetryAttempts: aws.Int32(1)}
	must(client.PutFunctionEventInvokeConfig(ctx, settings))
	read := must(client.GetFunctionEventInvokeConfig(ctx, &lambda.GetFunctionEventInvokeConfigInput{FunctionName: function, Qualifier: live}))
	check("GetFunctionEventInvokeConfig", "Lambda API", 1, aws.ToInt32(read.MaximumRetryAttempts))
	must(client.DeleteFunctionEventInvokeConfig(ctx, &lambda.DeleteFunctionEventInvokeConfigInput{FunctionName: function, Qualifier: live}))
	_, err = client.GetFunctionEventInvokeConfig(ctx, &lambda.GetFunctionEventInvokeConfigInput{FunctionName: function, Qualifier: live})
	check("GetFunctionEventInvokeConfig, deleted", "Lambda API", true, is[*types.ResourceNotFoundException](err))
	found := must(client.GetAlias(ctx, &lambda.GetAliasInput{FunctionName: function, Name: live}))
	check("GetAlias", "Lambda API GetAlias", "1", aws.ToString(found.FunctionVersion))
}

func invoke(ctx context.Context, client *lambda.Client) {
	answer := must(client.Invoke(ctx, &lambda.InvokeInput{FunctionName: function, Qualifier: aws.String("live"), Payload: []byte(`{"a":1}`), LogType: types.LogTypeTail}))
	check("Invoke, payload", "Lambda API Invoke", `{"a": 1}`, string(answer.Payload))
	check("Invoke, executed version", "Lambda API Invoke", "1", aws.ToString(answer.ExecutedVersion))
	check("Invoke, log tail", "Lambda API Invoke", true, aws.ToString(answer.LogResult) != "")
	failed := must(client.Invoke(ctx, &lambda.InvokeInput{FunctionName: function, Payload: []byte(`{"fail":true}`)}))
	check("Invoke, function error", "Lambda API Invoke", "Unhandled", aws.ToString(failed.FunctionError))
	event := must(client.Invoke(ctx, &lambda.InvokeInput{FunctionName: function, InvocationType: types.InvocationTypeEvent}))
	check("Invoke, event", "Lambda API Invoke", 202, event.StatusCode)
}
