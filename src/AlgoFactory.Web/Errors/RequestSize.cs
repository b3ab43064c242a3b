using Microsoft.AspNetCore.Http.Features;

namespace AlgoFactory.Web.Errors;

/// <summary>
/// Lifts Kestrel's own limit on a body where the handler counts for itself. Kestrel cuts the connection at its limit, and
/// the sender, still sending, then sees a reset instead of the 413; after a handler's refusal it reads on for some seconds,
/// so that the answer arrives.
/// </summary>
internal static class RequestSize
{
    /// <summary>The handler counts the bytes of this request and refuses too many.</summary>
    public static void LeaveToHandler(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
    }
}
