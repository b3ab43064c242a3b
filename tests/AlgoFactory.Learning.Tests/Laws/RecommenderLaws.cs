using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Recommending;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit;
using AlgoFactory.TestKit.Recommending;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Laws;

/// <summary>What every recommender must obey beside <see cref="LearnerLaws"/>.</summary>
public class RecommenderLaws
{
    public static TheoryData<string, TaskKind> All()
    {
        var data = new TheoryData<string, TaskKind>();
        foreach (var learner in BuiltIn.Catalog.All)
            foreach (var kind in new[] { TaskKind.Rating, TaskKind.Ranking })
                if (learner.Info.Tasks.HasFlag(new TaskSpec(kind, "", []).Flag))
                    data.Add(learner.Info.Id, kind);
        return data;
    }

    [Theory, MemberData(nameof(All))]
    public void A_pair_scores_the_same_in_every_block_and_when_it_is_predicted(string id, TaskKind kind)
    {
        var (model, data) = Fit(id, kind);
        var items = model.Seen.ItemCount;
        int[] users = [3, -1, 0, 17];
        var all = new float[users.Length * items];
        model.Score(users, 0, all);
        var part = new float[2 * 7];
        model.Score([0, 3], 5, part);
        for (var i = 0; i < 7; i++)
        {
            part[i].ShouldBe(all[2 * items + 5 + i]);
            part[7 + i].ShouldBe(all[5 + i]);
        }

        var pairs = new FeatureBatch(items, 2, Enumerable.Range(0, items).SelectMany(i => new[] { 3f, i }).ToArray());
        var predicted = new float[items];
        model.Predict(pairs, predicted);
        predicted.ShouldBe(all[..items].Select(s => Math.Clamp(s, model.Range.Low, model.Range.High)));
        data.RowCount.ShouldBePositive();
    }

    [Theory, MemberData(nameof(All))]
    public void The_best_items_are_those_of_a_full_sort_without_the_seen_ones(string id, TaskKind kind)
    {
        var (model, _) = Fit(id, kind);
        int[] users = [0, 5, -1, 11, 39, 2, 3, 4, 6, 7];
        var allowed = Enumerable.Range(0, model.Seen.ItemCount).Select(i => i % 5 != 0).ToArray();
        var buffer = new RecommendationBuffer(users.Length, 6);
        foreach (var filter in new[] { ItemFilter.Unseen, new ItemFilter(false), new ItemFilter(true, allowed) })
        {
            TopItems.Find(model, users, filter, buffer);
            for (var u = 0; u < users.Length; u++)
            {
                buffer.Items(u).ToArray().ShouldBe(NaiveRecommending.Top(model, users[u], 6, filter));
                foreach (var item in buffer.Items(u))
                    if (filter.ExcludeSeen)
                        model.Seen.Items(users[u]).ToArray().ShouldNotContain(item);
            }
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Users_are_given_what_is_of_their_taste(string id, TaskKind kind)
    {
        if (id == "popularity")
            return;
        var (model, data) = Fit(id, kind);
        // The table's codes go by frequency; the taste is in the names, and the names' order is lost in the codes.
        var (hits, places) = (0, 0);
        var table = SyntheticTable.Create(kind, Rows(kind));
        var (pipeline, _) = table.TrainingSet(FeatureNeeds.Interactions);
        var recommender = new Recommender(new Predictor(table.Schema, table.Task, [new EnsembleMember(id, ParameterSet.Empty, pipeline, model, 1)], new PostProcessing()));
        var buffer = new RecommendationBuffer(1, 3);
        for (var user = 0; user < 40; user++)
        {
            TopItems.Find(model, [recommender.UserOf($"user {user}")], new ItemFilter(ExcludeSeen: kind == TaskKind.Ranking), buffer);
            foreach (var item in buffer.Items(0))
            {
                places++;
                hits += int.Parse(recommender.ItemNames[item]["item ".Length..]) % 3 == user % 3 ? 1 : 0;
            }
        }

        ((double)hits / places).ShouldBeGreaterThan(kind == TaskKind.Rating ? 0.8 : 0.5);
        data.Task.Kind.ShouldBe(kind);
    }

    [Theory, MemberData(nameof(All))]
    public void Rows_of_weight_0_leave_the_model_as_it_is(string id, TaskKind kind)
    {
        var data = SyntheticTable.Create(kind, 400).TrainingSet(FeatureNeeds.Interactions).Data;
        var kept = Enumerable.Range(0, 300).ToArray();
        var without = data with { Features = data.Features.Take(kept), Labels = data.Labels[..300] };
        var with0 = data with { Weights = Enumerable.Range(0, 400).Select(i => i < 300 ? 1f : 0).ToArray() };
        Fingerprint(id, with0).ShouldBe(Fingerprint(id, without));
    }

    [Theory, MemberData(nameof(All))]
    public void An_unknown_user_gets_the_popular_items_and_an_unknown_pair_a_finite_score(string id, TaskKind kind)
    {
        var (model, _) = Fit(id, kind);
        var scores = new float[2];
        model.Predict(new FeatureBatch(2, 2, new[] { float.NaN, float.NaN, 1e9f, 0 }), scores);
        scores.ShouldAllBe(s => float.IsFinite(s));
        if (kind != TaskKind.Ranking)
            return;
        var buffer = new RecommendationBuffer(1, 5);
        TopItems.Find(model, [-1], ItemFilter.Unseen, buffer);
        var counts = model.Seen.ItemCounts();
        var best = counts.OrderDescending().Take(5).ToArray();
        buffer.Items(0).ToArray().Select(i => counts[i]).ShouldBe(best);
    }

    [Theory, MemberData(nameof(All))]
    public void The_ranks_of_held_out_items_are_those_of_a_full_sort(string id, TaskKind kind)
    {
        var (model, data) = Fit(id, kind);
        var rows = data.Features.Take([.. Enumerable.Range(0, 60)]);
        var ranks = new float[60];
        HeldOutRanks.Of(model, rows, ranks);
        for (var row = 0; row < 60; row += 3)
            ranks[row].ShouldBe(NaiveRecommending.Rank(model, (int)rows.Row(row)[0], (int)rows.Row(row)[1]));
    }

    private static (IRecommender Model, TrainingSet Data) Fit(string id, TaskKind kind)
    {
        var data = SyntheticTable.Create(kind, Rows(kind)).TrainingSet(FeatureNeeds.Interactions).Data;
        return ((IRecommender)BuiltIn.Catalog[id].Fit(data, ParameterSet.Empty, FitContext.Create(1)).Model, data);
    }

    /// <summary>Ratings nearly of all pairs, for the default penalty outweighs a user's few; rankings need pairs that are left.</summary>
    private static int Rows(TaskKind kind) => kind == TaskKind.Rating ? 4000 : 400;

    private static string Fingerprint(string id, TrainingSet data) =>
        ArtefactRoundTrip.Fingerprint(BuiltIn.Catalog[id].Fit(data, ParameterSet.Empty, FitContext.Create(1)).Model);
}
