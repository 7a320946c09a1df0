package main

import (
	"context"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/cel/environment"
)

// request is one write as the API server puts it before its admission policies.
type request struct {
	user             string
	operation        admission.Operation
	resource         schema.GroupVersionResource
	subresource      string
	object, existing *unstructured.Unstructured
}

// judge compiles a policy by the API server's own code, of the oldest supported release, and keeps it for requests.
func judge(policy *admissionv1.ValidatingAdmissionPolicy) (func(request) []string, error) {
	compiler, err := cel.NewCompositedCompiler(environment.MustBaseEnvSet(version.MustParse(oldestServer), true))
	if err != nil {
		return nil, err
	}
	declared := cel.OptionalVariableDeclarations{StrictCost: true}
	var variables []cel.NamedExpressionAccessor
	for _, each := range policy.Spec.Variables {
		variables = append(variables, &validating.Variable{Name: each.Name, Expression: each.Expression})
	}
	compiler.CompileAndStoreVariables(variables, declared, environment.NewExpressions)
	var conditions, validations []cel.ExpressionAccessor
	for i := range policy.Spec.MatchConditions {
		conditions = append(conditions, (*matchconditions.MatchCondition)(&policy.Spec.MatchConditions[i]))
	}
	for _, each := range policy.Spec.Validations {
		validations = append(validations, &validating.ValidationCondition{Expression: each.Expression, Message: each.Message})
	}
	compile := func(expressions []cel.ExpressionAccessor) cel.ConditionEvaluator {
		return compiler.CompileCondition(expressions, declared, environment.NewExpressions)
	}
	matcher := matchconditions.NewMatcher(compile(conditions), policy.Spec.FailurePolicy, "policy", "validate", policy.Name)
	validator := validating.NewValidator(compile(validations), matcher, compile(nil), compile(nil), policy.Spec.FailurePolicy)
	return func(asked request) []string { return refusals(validator, asked) }, nil
}

// refusals are the words of every validation that says no; an expression that cannot be evaluated says no as well.
func refusals(validator validating.Validator, asked request) []string {
	object := asked.object
	attributes := admission.NewAttributesRecord(
		object, nil, object.GroupVersionKind(), object.GetNamespace(), object.GetName(), asked.resource,
		asked.subresource, asked.operation, nil, false, &user.DefaultInfo{Name: asked.user},
	)
	versioned := &admission.VersionedAttributes{
		Attributes: attributes, VersionedObject: object, VersionedKind: object.GroupVersionKind(),
	}
	if asked.existing != nil {
		versioned.VersionedOldObject = asked.existing
	}
	result := validator.Validate(
		context.Background(), asked.resource, versioned, nil, nil, celconfig.RuntimeCELCostBudget, nil,
	)
	var words []string
	for _, decision := range result.Decisions {
		if decision.Action != validating.ActionAdmit {
			words = append(words, decision.Message)
		}
	}
	return words
}
