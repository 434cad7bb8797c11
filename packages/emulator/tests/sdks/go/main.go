// Command sdks performs what the AWS provider performs of each resource, in each phase, by the
// SDK that the provider is built on. Each check is a line: verdict, what, expected, found, source.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
)

var wrong int

// check tells whether what was found is what AWS's documentation or model says.
func check(what, source string, expected, found any) {
	verdict := "ok"
	if fmt.Sprint(expected) != fmt.Sprint(found) {
		verdict = "WRONG"
		wrong++
	}
	fmt.Printf("%s | Go %s | expected %v | found %v | %s\n", verdict, what, expected, found, source)
}

// code is the error code that a call was refused with; "none" where it was not.
func code(err error) string {
	var refused smithy.APIError
	if errors.As(err, &refused) {
		return refused.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return "none"
}

// is tells whether an error is of the SDK's own type.
func is[T error](err error) bool {
	var typed T
	return errors.As(err, &typed)
}

// must ends the phase of a resource whose further calls stand on this one.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// phase runs one resource's calls; what ends them early is one more wrong answer.
func phase(ctx context.Context, configuration aws.Config, name string, run func(context.Context, aws.Config)) {
	defer func() {
		if err := recover(); err != nil {
			check(name, "every call of it", "answered", err)
		}
	}()
	run(ctx, configuration)
}

func main() {
	ctx := context.Background()
	configuration := must(config.LoadDefaultConfig(ctx, config.WithRetryMaxAttempts(1)))
	phase(ctx, configuration, "IAM", roles)
	phase(ctx, configuration, "Lambda", functions)
	phase(ctx, configuration, "DynamoDB", tables)
	phase(ctx, configuration, "SQS", queues)
	phase(ctx, configuration, "Logs", logGroups)
	phase(ctx, configuration, "CloudWatch", alarms)
	if wrong > 0 {
		os.Exit(1)
	}
}
