namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>How the learning rate falls in the course of training.</summary>
internal enum ScheduleKind
{
    /// <summary>Half a cosine down to 0 (Loshchilov and Hutter, SGDR, 2017, without restarts).</summary>
    Cosine,

    /// <summary>A tenth after 60 % of training and again after 85 %.</summary>
    Step,

    /// <summary>The same throughout.</summary>
    Constant,
}

/// <summary>The learning rate at every point of training.</summary>
/// <param name="Kind">How it falls.</param>
/// <param name="Rate">The greatest rate.</param>
/// <param name="WarmUp">The share of training in which it rises to that, in a straight line.</param>
internal readonly record struct LearningRateSchedule(ScheduleKind Kind, double Rate, double WarmUp)
{
    /// <summary>The rate when <paramref name="done"/> of training, from 0 to 1, is over.</summary>
    public float At(double done)
    {
        if (done < WarmUp)
            return (float)(Rate * Math.Max(done / WarmUp, 0.01));
        return (float)(Rate * (Kind switch
        {
            ScheduleKind.Cosine => 0.5 * (1 + Math.Cos(Math.PI * Math.Clamp((done - WarmUp) / (1 - WarmUp), 0, 1))),
            ScheduleKind.Step => done < 0.6 ? 1 : done < 0.85 ? 0.1 : 0.01,
            _ => 1,
        }));
    }
}
