#include "transfer/window.h"

#include <gtest/gtest.h>

namespace koppla {
namespace {

using namespace std::chrono_literals;

const Instant noon = *parse_instant("2026-11-01T12:00:00Z");

TEST(Window, a_first_import_reads_everything_and_stays_the_lag_behind) {
    const ImportWindow window = next_window({}, noon + 400ms, 10min, {});
    EXPECT_FALSE(window.from);
    EXPECT_FALSE(window.until);
    EXPECT_EQ(window.next, noon - 10min);
}

TEST(Window, a_later_import_reads_from_the_position_up_to_now) {
    const ImportWindow window = next_window(noon - 1h, noon, 10min, {});
    EXPECT_EQ(window.from, noon - 1h);
    EXPECT_EQ(window.until, noon);
    EXPECT_EQ(window.next, noon - 10min);
}

TEST(Window, what_the_crm_has_not_covered_holds_the_position_back) {
    EXPECT_EQ(next_window(noon - 1h, noon, 10min, noon - 30min).next, noon - 30min);
    EXPECT_EQ(next_window(noon - 1h, noon, 10min, noon - 1min).next, noon - 10min);
}

TEST(Window, the_position_never_goes_back) {
    const ImportWindow window = next_window(noon - 1min, noon, 10min, {});
    EXPECT_EQ(window.next, noon - 1min);
    EXPECT_EQ(next_window(noon + 1h, noon, 10min, {}).until, noon + 1h);
}

TEST(Position, comes_back_as_it_was_stored) {
    const ImportPosition position{.at = noon,
                                  .object = "Contact",
                                  .index_field = "SystemModstamp",
                                  .fields = {"Id", "Name"},
                                  .filter = "a = 'ü'",
                                  .server = "https://acme.example"};
    const auto read = position_from(format_instant(position.at), scope_json(position));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->at, noon);
    EXPECT_EQ(difference(*read, position), "");
}

TEST(Position, of_another_question_is_told_in_words) {
    const ImportPosition saved{
        .at = noon, .object = "Contact", .index_field = "SystemModstamp", .fields = {"Id", "Name"}};
    ImportPosition wanted = saved;
    wanted.filter = "Name != null";
    wanted.fields = {"Id", "Phone"};
    const std::string words = difference(saved, wanted);
    EXPECT_NE(words.find("the filter was '' and is 'Name != null'"), std::string::npos) << words;
    EXPECT_NE(words.find("it did not read Phone"), std::string::npos) << words;
    EXPECT_NE(words.find("it read Name too"), std::string::npos) << words;
}

TEST(Position, of_another_server_is_told_where_the_server_is_known) {
    const ImportPosition saved{.at = noon, .object = "Contact", .server = "https://old.example"};
    ImportPosition wanted = saved;
    wanted.server = "https://new.example";
    EXPECT_EQ(difference(saved, wanted),
              "it was of https://old.example, and the account leads to https://new.example");
    EXPECT_EQ(difference({.at = noon, .object = "Contact"}, wanted), "");
}

TEST(Position, set_by_hand_answers_any_question) {
    const auto position = position_from("2026/11/01 12:00:00", "");
    ASSERT_TRUE(position);
    EXPECT_EQ(position->at, noon);
    EXPECT_EQ(difference(*position, {.object = "Contact", .filter = "x"}), "");
}

}  // namespace
}  // namespace koppla
