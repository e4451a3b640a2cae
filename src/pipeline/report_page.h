/// The report's page, embedded at build time from report/ (cmake/embed.cmake). "@data@" is where its JSON
/// goes.
#ifndef SIAM_PIPELINE_REPORT_PAGE_H
#define SIAM_PIPELINE_REPORT_PAGE_H

extern const char siam_report_page[];

#endif
