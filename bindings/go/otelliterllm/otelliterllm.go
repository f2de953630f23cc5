// Package otelliterllm reports the calls of a client to OpenTelemetry: a span for each, and
// metrics, under the names of its conventions for generative AI
// (open-telemetry/semantic-conventions-genai).
//
//	client, err := literllm.New(literllm.WithProvider("openai"), otelliterllm.Instrument())
//
// A span begins when the call is read, is a child of the span in the call's context, and ends with
// it; Embed and Rerank have theirs too, other operations have none. Its traceparent is sent to the
// provider, but not to a fallback at another provider, which no header of a call goes to. Where
// there were several attempts, each is an event of the span. Prompts and responses are not reported
// unless [WithContent] asks for them. It is a module of its own, since it requires the API packages
// of OpenTelemetry; the SDK is the program's.
package otelliterllm

import (
	"context"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// scope is the name of the instrumentation.
const scope = "github.com/liter-llm/liter-llm/bindings/go/otelliterllm"

// Option changes what is reported, and to whom.
type Option func(*settings)

type settings struct {
	tracers    trace.TracerProvider
	meters     metric.MeterProvider
	propagator propagation.TextMapPropagator
	content    bool
}

// WithTracerProvider sets whom spans are reported to; by default the global provider.
func WithTracerProvider(provider trace.TracerProvider) Option {
	return func(s *settings) { s.tracers = provider }
}

// WithMeterProvider sets whom metrics are reported to; by default the global provider.
func WithMeterProvider(provider metric.MeterProvider) Option {
	return func(s *settings) { s.meters = provider }
}

// WithPropagator sets what is sent to the provider of the trace. By default that is the traceparent
// alone, and not what the global propagator has, since baggage may hold data of yours. With nil
// nothing is sent.
func WithPropagator(propagator propagation.TextMapPropagator) Option {
	return func(s *settings) {
		if s.propagator = propagator; propagator == nil {
			s.propagator = propagation.NewCompositeTextMapPropagator()
		}
	}
}

// WithContent sets whether spans have the messages that were sent, the names of the tools, and the
// response. They are likely to hold personal data. Images and files are named, not copied. The
// default is false.
func WithContent(content bool) Option { return func(s *settings) { s.content = content } }

// Instrument is an option of a client that has its calls reported.
func Instrument(options ...Option) literllm.Option {
	set := settings{propagator: propagation.TraceContext{}}
	for _, option := range options {
		option(&set)
	}
	if set.tracers == nil {
		set.tracers = otel.GetTracerProvider()
	}
	if set.meters == nil {
		set.meters = otel.GetMeterProvider()
	}
	version := literllm.Version()
	reporter := &reporter{
		tracer: set.tracers.Tracer(scope, trace.WithInstrumentationVersion(version)),
		meters: newInstruments(
			set.meters.Meter(scope, metric.WithInstrumentationVersion(version))),
		propagator: set.propagator,
		content:    set.content,
	}
	return literllm.WithInterceptor(reporter.begin)
}

type reporter struct {
	tracer     trace.Tracer
	meters     instruments
	propagator propagation.TextMapPropagator
	content    bool
}

// begin starts the span of a call.
func (r *reporter) begin(
	ctx context.Context, call *literllm.Call,
) (context.Context, func(literllm.CallEnd)) {
	began := describe(call)
	if began == nil {
		return ctx, nil
	}
	ctx, span := r.tracer.Start(ctx, began.name(), trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(began.whom()...))
	r.propagator.Inject(ctx, propagation.MapCarrier(call.Headers))
	if span.IsRecording() {
		span.SetAttributes(requestAttributes(call)...)
		if r.content {
			span.SetAttributes(inputAttributes(call.Request)...)
		}
	}
	return ctx, func(end literllm.CallEnd) {
		began.respondedBy(end.Response)
		r.meters.record(ctx, began, end)
		if span.IsRecording() {
			addAttempts(span, end.Response.Tried)
			span.SetAttributes(endAttributes(began, end)...)
			if r.content && began.isChat() {
				span.SetAttributes(outputAttributes(end.Response)...)
			}
			setStatus(span, end.Err)
		}
		span.End()
	}
}
