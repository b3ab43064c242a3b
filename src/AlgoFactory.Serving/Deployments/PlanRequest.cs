using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Serving.Deployments;

/// <summary>A plan as it is asked for.</summary>
/// <param name="Kind">How requests are given to the arms.</param>
/// <param name="Arms">The versions; the first one is what answers, stays, or is tried first.</param>
public sealed record PlanRequest(PlanKind Kind, IReadOnlyList<ArmRequest> Arms)
{
    /// <summary>Fallback: how long each version may take, in milliseconds; null: as long as the request may.</summary>
    public int? TimeoutMs { get; init; }

    /// <summary>Fallback: the class or the number that is answered when no version is.</summary>
    public string? Constant { get; init; }

    /// <summary>Whether the versions stay in memory when others need room.</summary>
    public bool Pinned { get; init; }

    /// <summary>When to go back by itself.</summary>
    public PlanGuard? Guard { get; init; }

    /// <summary>Canary: the steps by which the second version takes over.</summary>
    public RolloutRequest? Rollout { get; init; }
}

/// <summary>An arm as it is asked for.</summary>
/// <param name="Model">The model's name; null: the deployment's present one, or its own name.</param>
/// <param name="Version">The version; null: the newest.</param>
/// <param name="Name">The arm's name; null: a fitting one.</param>
/// <param name="Percent">Canary: the second version's share, 0 to 100. Shadow: the share of requests that a shadow sees; null: 100.</param>
/// <param name="Weight">A/B: the arm's weight against the others'; null: 1.</param>
public sealed record ArmRequest(string? Model = null, int? Version = null, string? Name = null, double? Percent = null, double? Weight = null);

/// <summary>A rollout as it is asked for.</summary>
/// <param name="Steps">The shares of the second version, one after the other, each after its wait.</param>
/// <param name="StartAt">When the first step is taken; null: after its wait from now.</param>
public sealed record RolloutRequest(IReadOnlyList<RolloutStep> Steps, DateTimeOffset? StartAt = null);

/// <summary>Turns what is asked for into a plan, or says in one sentence why it is none.</summary>
internal static class PlanRules
{
    private const int MaxArms = 10;
    private const int MaxSteps = 50;
    private const int MaxWaitSeconds = 90 * 24 * 3600;

    /// <summary>The plan.</summary>
    /// <param name="asked">What is asked for.</param>
    /// <param name="find">Finds an arm's version in the registry, or throws.</param>
    /// <param name="revision">The revision that the plan will be.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="DeploymentException">It is no plan.</exception>
    public static TrafficPlan Make(PlanRequest asked, Func<ArmRequest, RegisteredVersion> find, int revision, DateTimeOffset now)
    {
        var arms = asked.Arms ?? [];
        CheckCount(asked.Kind, arms.Count, asked.Constant is not null);
        CheckFields(asked);
        var versions = arms.Select(find).ToArray();
        var shares = Shares(asked.Kind, arms);
        var made = arms.Select((arm, i) => new PlanArm(
            Name(arm, asked.Kind, i), versions[i].Id.Name, versions[i].Id.Version, versions[i].Id.Hash, shares[i])).ToArray();
        if (made.DistinctBy(a => a.Name, StringComparer.Ordinal).Count() < made.Length)
            throw Invalid("Two arms have the same name; each needs its own.");
        if (made.DistinctBy(a => (a.Model, a.Version)).Count() < made.Length)
            throw Invalid("Two arms are the same version; a plan holds each version once.");
        for (var i = 1; i < versions.Length; i++)
            SameShape.Check(versions[0], versions[i]);
        return new TrafficPlan(asked.Kind, [.. made])
        {
            TimeoutMs = asked.TimeoutMs,
            Constant = Constant(asked.Constant, versions[0]),
            Pinned = asked.Pinned,
            Guard = asked.Guard,
            Rollout = asked.Rollout is { } rollout ? Steps(rollout, shares[^1] * 100, revision, now) : null,
        };
    }

    private static void CheckCount(PlanKind kind, int count, bool hasConstant)
    {
        var fits = kind switch
        {
            PlanKind.Single => count == 1,
            PlanKind.Canary => count == 2,
            PlanKind.Ab or PlanKind.Shadow => count is >= 2 and <= MaxArms,
            _ => count is >= 1 and <= MaxArms && (count > 1 || hasConstant),
        };
        if (!fits)
            throw Invalid(kind switch
            {
                PlanKind.Single => "A plan of the kind 'single' has one arm.",
                PlanKind.Canary => "A plan of the kind 'canary' has two arms: the version that stays, then the one that is tried.",
                PlanKind.Fallback => $"A plan of the kind 'fallback' has 2 to {MaxArms} arms, or one and a 'constant'.",
                _ => $"A plan of the kind '{Word(kind)}' has 2 to {MaxArms} arms.",
            });
    }

    private static void CheckFields(PlanRequest asked)
    {
        if (asked.Kind != PlanKind.Fallback && (asked.TimeoutMs is not null || asked.Constant is not null))
            throw Invalid("'timeoutMs' and 'constant' belong to a plan of the kind 'fallback'.");
        if (asked.TimeoutMs is < 1 or > 3_600_000)
            throw Invalid("'timeoutMs' must be from 1 to 3,600,000 milliseconds.");
        if (asked.Rollout is not null && asked.Kind != PlanKind.Canary)
            throw Invalid("A 'rollout' belongs to a plan of the kind 'canary': its second version takes over by steps.");
        if (asked.Guard is not { } guard)
            return;
        if (asked.Kind is PlanKind.Shadow or PlanKind.Fallback)
            throw Invalid($"A 'guard' has nothing to go back from in a plan of the kind '{Word(asked.Kind)}'.");
        if (guard.MaxErrorRate is not (null or (>= 0 and <= 1)) || guard.MaxP95Ms is not (null or (> 0 and <= 3_600_000)))
            throw Invalid("A guard's 'maxErrorRate' is a share from 0 to 1, and its 'maxP95Ms' a number of milliseconds above 0.");
        if (guard.MinRequests is < 1 or > 1_000_000 || guard.WindowSeconds is < 1 or > 86_400)
            throw Invalid("A guard's 'minRequests' is from 1 to 1,000,000, and its 'windowSeconds' from 1 to 86,400.");
    }

    private static double[] Shares(PlanKind kind, IReadOnlyList<ArmRequest> arms)
    {
        if (kind != PlanKind.Ab && arms.Any(a => a.Weight is not null))
            throw Invalid("'weight' belongs to the arms of a plan of the kind 'ab'; a canary and a shadow have a 'percent'.");
        if (arms.Where((a, i) => a.Percent is not null && (i == 0 || kind is not (PlanKind.Canary or PlanKind.Shadow))).Any())
            throw Invalid("'percent' belongs to the second arm of a canary and to the shadows; the rest follows from it.");
        if (arms.Any(a => a.Percent is not (null or (>= 0 and <= 100))))
            throw Invalid("'percent' must be from 0 to 100.");
        switch (kind)
        {
            case PlanKind.Canary:
                var share = (arms[1].Percent ?? throw Invalid("The second arm of a canary needs a 'percent', such as 5.")) / 100;
                return [1 - share, share];
            case PlanKind.Ab:
                if (arms.Any(a => a.Weight is not (null or (> 0 and <= 1e6))))
                    throw Invalid("'weight' must be a number above 0.");
                var sum = arms.Sum(a => a.Weight ?? 1);
                return [.. arms.Select(a => (a.Weight ?? 1) / sum)];
            case PlanKind.Shadow:
                return [1, .. arms.Skip(1).Select(a => (a.Percent ?? 100) / 100)];
            default:
                return [1, .. arms.Skip(1).Select(_ => 0.0)];
        }
    }

    private static Rollout Steps(RolloutRequest asked, double percent, int revision, DateTimeOffset now)
    {
        if (asked.Steps is not { Count: >= 1 and <= MaxSteps } steps)
            throw Invalid($"A rollout has 1 to {MaxSteps} 'steps'.");
        foreach (var step in steps)
        {
            if (step.Percent is not (> 0 and <= 100) || step.Percent <= percent)
                throw Invalid("Each step of a rollout has a larger 'percent' than the one before, at most 100.");
            if (step.WaitSeconds is < 0 or > MaxWaitSeconds)
                throw Invalid($"A step's 'waitSeconds' must be from 0 to {MaxWaitSeconds:N0}.");
            percent = step.Percent;
        }

        return new Rollout([.. steps], asked.StartAt ?? now + TimeSpan.FromSeconds(steps[0].WaitSeconds), revision);
    }

    private static string? Constant(string? constant, RegisteredVersion version)
    {
        if (constant is null)
            return null;
        var task = version.Manifest!.Task;
        if (task.IsClassification)
            return task.Classes.Contains(constant)
                ? constant
                : throw Invalid($"The constant '{constant}' is none of the model's classes: {string.Join(", ", task.Classes.Take(20).Select(c => $"'{c}'"))}.");
        return float.TryParse(constant, System.Globalization.CultureInfo.InvariantCulture, out var number) && float.IsFinite(number)
            ? constant
            : throw Invalid($"The constant '{constant}' is no number, which the model predicts.");
    }

    private static string Name(ArmRequest arm, PlanKind kind, int at)
    {
        if (arm.Name is { } name)
            return ModelNames.IsValid(name) && name != TrafficPlan.ConstantArm ? name
                : throw Invalid(name == TrafficPlan.ConstantArm ? $"'{name}' is what a fallback's constant is called; give the arm another name." : ModelNames.Refusal(name));
        return kind switch
        {
            PlanKind.Single => TrafficPlan.OnlyArm,
            PlanKind.Canary => at == 0 ? "stable" : "canary",
            PlanKind.Ab => ((char)('a' + at)).ToString(),
            PlanKind.Shadow => at == 0 ? TrafficPlan.OnlyArm : at == 1 ? "shadow" : $"shadow-{at}",
            _ => at == 0 ? "first" : $"fallback-{at}",
        };
    }

    private static string Word(PlanKind kind) => kind.ToString().ToLowerInvariant();

    private static DeploymentException Invalid(string sentence) => new(DeploymentFault.Invalid, sentence);
}
