#pragma once

#include <array>
#include <string_view>

/// The ways in for bytes from outside. Each takes any input, and ends the program where what comes of it
/// breaks a rule. libFuzzer looks for such inputs (scripts/fuzz); the kept ones are replayed as a unit test.
namespace koppla::fuzz {

void csv(std::string_view input);       ///< a bulk result page
void records(std::string_view input);   ///< a page of query results
void describe(std::string_view input);  ///< descriptions of objects
void answers(std::string_view input);   ///< refusals, and what logins answer
void filter(std::string_view input);    ///< a filter, as text and as JSON
void ingest(std::string_view input);    ///< a file of what became of rows that were written in bulk

void odata_page(std::string_view input);     ///< a result page of OData, of a feed too
void csdl(std::string_view input);           ///< a service's $metadata
void odata_answers(std::string_view input);  ///< refusals of OData, conditions, stored positions
void odata_batch(std::string_view input);    ///< a content type, a line break, and a batch's answer

struct Target {
    std::string_view name;
    void (*run)(std::string_view input);
};
inline constexpr std::array targets = {Target{"csv", csv},
                                       Target{"records", records},
                                       Target{"describe", describe},
                                       Target{"answers", answers},
                                       Target{"filter", filter},
                                       Target{"ingest", ingest},
                                       Target{"odata_page", odata_page},
                                       Target{"csdl", csdl},
                                       Target{"odata_answers", odata_answers},
                                       Target{"odata_batch", odata_batch}};

/// Ends the program where a rule is broken.
void require(bool holds, const char* rule);

/// Takes the first byte of an input as a choice below `count`; 0 where there is none.
unsigned take_choice(std::string_view& input, unsigned count);

}  // namespace koppla::fuzz
