namespace AlgoFactory.Data.Splitting;

/// <summary>Rows to train on and rows to validate on: row numbers, ascending, no row on both sides.</summary>
/// <param name="Train">Rows to train on.</param>
/// <param name="Validation">Rows to validate on.</param>
public sealed record Split(int[] Train, int[] Validation);
