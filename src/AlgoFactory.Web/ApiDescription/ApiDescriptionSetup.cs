using AlgoFactory.Hosting;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace AlgoFactory.Web.ApiDescription;

/// <summary>The API's description at <c>/openapi/v1.json</c> (committed as <c>openapi.json</c>) and its page at <c>/swagger</c>.</summary>
internal static class ApiDescriptionSetup
{
    public static IServiceCollection AddApiDescription(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(json =>
        {
            // A mistyped 'budgetSecond' must not quietly run for the default time.
            json.SerializerOptions.UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow;
            json.SerializerOptions.NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict;
            foreach (var converter in ReportJson.Options.Converters)
                json.SerializerOptions.Converters.Add(converter);
        });
        return services.AddOpenApi("v1", openApi =>
        {
            openApi.AddDocumentTransformer<DocumentTransformer>();
            openApi.AddSchemaTransformer((schema, context, _) => Numbers(schema, context));
            openApi.AddOperationTransformer(StreamBodies);
        });
    }

    public static void MapApiDescription(this WebApplication app)
    {
        app.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous();
        app.UseSwaggerUI(ui =>
        {
            ui.RoutePrefix = "swagger";
            ui.SwaggerEndpoint("/openapi/v1.json", "AlgoFactory v1");
            ui.DocumentTitle = "AlgoFactory API";
        });
    }

    // Doubles have a converter of ours (NaN is null), which hides their type from the description.
    private static Task Numbers(OpenApiSchema schema, OpenApiSchemaTransformerContext context)
    {
        if (context.JsonTypeInfo.Kind == System.Text.Json.Serialization.Metadata.JsonTypeInfoKind.Enumerable && context.JsonTypeInfo.ElementType == typeof(double))
            schema.Items = new OpenApiSchema { Type = JsonSchemaType.Number, Format = "double" };
        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        if (type != typeof(double) && type != typeof(float))
            return Task.CompletedTask;
        schema.Type = context.JsonTypeInfo.Type == type ? JsonSchemaType.Number : JsonSchemaType.Number | JsonSchemaType.Null;
        schema.Format = type == typeof(double) ? "double" : "float";
        return Task.CompletedTask;
    }

    // A streamed body is a file, not a .NET stream.
    private static Task StreamBodies(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellation)
    {
        foreach (var (type, media) in operation.RequestBody?.Content ?? new Dictionary<string, OpenApiMediaType>())
            if (type == "text/csv")
                media.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Description = "A line of column names, then the rows." };
        return Task.CompletedTask;
    }

    private sealed class DocumentTransformer : IOpenApiDocumentTransformer
    {
        public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
        {
            document.Info = new OpenApiInfo
            {
                Title = "AlgoFactory",
                Version = "v1",
                Description = "Data sets, experiments, models, deployments and predictions. Errors are problem details (RFC 9457).",
            };
            // The address is the reader's own; naming one would make the document differ from machine to machine.
            document.Servers = [];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                ["bearer"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "An API key." },
                ["apiKey"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = "X-Api-Key", Description = "An API key." },
            };
            document.Security =
            [
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("bearer", document)] = [] },
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("apiKey", document)] = [] },
            ];
            return Task.CompletedTask;
        }
    }
}
