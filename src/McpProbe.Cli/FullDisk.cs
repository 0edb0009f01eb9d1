namespace McpProbe.Cli;

/// <summary>Standard output is a file on a disk that takes no more: the machine's trouble, and no bug.</summary>
internal static class FullDisk
{
    // ENOSPC, EFBIG, and EDQUOT of Linux and of macOS; ERROR_DISK_FULL. The runtime has no exception of its own for them.
    private const int NoSpace = 28;
    private const int TooBig = 27;
    private const int OverQuotaOnLinux = 122;
    private const int OverQuotaOnMac = 69;
    private const int FullOnWindows = unchecked((int)0x80070070);

    public static bool Is(IOException failure) => failure.HResult is NoSpace or TooBig or OverQuotaOnLinux or OverQuotaOnMac or FullOnWindows;
}
