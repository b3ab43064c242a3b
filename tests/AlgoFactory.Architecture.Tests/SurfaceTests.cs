using System.Reflection;
using System.Runtime.CompilerServices;
using Shouldly;

namespace AlgoFactory.Architecture.Tests;

public sealed class SurfaceTests
{
    /// <summary>Structs whose fields are read by vector kernels side by side, as they lie in memory.</summary>
    private static readonly string[] PackedForKernels = ["AlgoFactory.Learning.Learners.Trees.GradientPair"];

    [Theory, MemberData(nameof(House.Projects), MemberType = typeof(House))]
    public void No_public_type_has_a_public_field_that_can_change(string project) =>
        House.Load(project).GetExportedTypes()
            .Where(t => !t.IsEnum && !PackedForKernels.Contains(t.FullName))
            .SelectMany(t => t.GetFields(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(f => !f.IsLiteral && !(f.IsStatic && f.IsInitOnly))
            .Select(f => $"{f.DeclaringType}.{f.Name}")
            .ShouldBeEmpty();

    [Theory, MemberData(nameof(House.Projects), MemberType = typeof(House))]
    public void Types_live_in_their_projects_namespace(string project) =>
        House.Load(project).GetTypes()
            .Where(t => !t.IsNested && !t.IsDefined(typeof(CompilerGeneratedAttribute)) && !t.Name.StartsWith('<') && t.Name != "Program")
            .Where(t => t.Namespace is { } name && name != $"AlgoFactory.{project}" && !name.StartsWith($"AlgoFactory.{project}.", StringComparison.Ordinal))
            .Where(t => !IsMadeByTheCompiler(t))
            .Select(t => t.FullName)
            .ShouldBeEmpty();

    /// <summary>A mutable type between threads needs a reason; an open one that nobody derives from is an invitation.</summary>
    [Theory, MemberData(nameof(House.Projects), MemberType = typeof(House))]
    public void Public_classes_are_sealed_or_made_to_be_derived_from(string project) =>
        House.Load(project).GetExportedTypes()
            .Where(t => t is { IsClass: true, IsSealed: false, IsAbstract: false } && !IsGenerated(t) && t.Name != "Program")
            .Select(t => t.FullName)
            .ShouldBeEmpty();

    // The Razor compiler writes the pages' components and their imports, Entity Framework the migrations.
    private static bool IsGenerated(Type type) =>
        type.Name == "_Imports" || type.Namespace?.EndsWith(".Migrations", StringComparison.Ordinal) == true ||
        type.GetInterfaces().Any(i => i.FullName == "Microsoft.AspNetCore.Components.IComponent");

    // Attributes and helpers that the compiler and source generators embed in System and Microsoft namespaces.
    private static bool IsMadeByTheCompiler(Type type) =>
        type.Namespace!.StartsWith("System.", StringComparison.Ordinal) || type.Namespace.StartsWith("Microsoft.", StringComparison.Ordinal);
}
