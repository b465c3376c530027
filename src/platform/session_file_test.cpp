#include "platform/session_file.h"

#include "platform/fixture.h"

#include <atomic>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <sys/wait.h>

namespace koppla {
namespace {

using std::filesystem::perms;

class Sessions : public StoreTest {
  protected:
    [[nodiscard]] std::filesystem::path sessions() const { return path().string() + "-sessions"; }
    void write(const SessionFile& file, const std::string& text) const {
        const auto lock = file.lock(clock, {});
        ASSERT_TRUE(lock) << lock.error().message;
        const auto written = file.write(Secret{text}, **lock);
        ASSERT_TRUE(written) << written.error().message;
    }
    SystemClock clock;
};

TEST_F(Sessions, are_read_as_they_were_written_until_they_are_removed) {
    const SessionFile file{*store, "acme"};
    EXPECT_FALSE(*file.read());
    write(file, "one");
    write(file, "two");
    EXPECT_EQ((*SessionFile(*store, "acme").read())->reveal(), "two");
    EXPECT_FALSE(*SessionFile(*store, "other").read());
    EXPECT_FALSE(*SessionFile(*store, "acme", "username=b").read()) << "made by other settings";
    const auto lock = *file.lock(clock, {});
    EXPECT_TRUE(file.remove(*lock));
    EXPECT_TRUE(file.remove(*lock));
    EXPECT_FALSE(*file.read());
}

TEST_F(Sessions, are_sealed_for_one_account_in_files_of_their_owner_alone) {
    write(SessionFile{*store, "acme"}, "Geheim");
    EXPECT_EQ(std::filesystem::status(sessions()).permissions(), perms::owner_all);
    for (const auto& entry : std::filesystem::directory_iterator{sessions()}) {
        std::ifstream stream{entry.path(), std::ios::binary};
        const std::string content{std::istreambuf_iterator<char>{stream}, {}};
        EXPECT_EQ(content.find("Geheim"), std::string::npos);
        EXPECT_EQ(entry.status().permissions(), perms::owner_read | perms::owner_write) << entry.path();
    }
    std::filesystem::copy_file(sessions() / "acme", sessions() / "evil");
    EXPECT_FALSE(*SessionFile(*store, "evil").read());
}

TEST_F(Sessions, can_be_replaced_while_an_import_holds_the_store) {
    const auto import = begin(db::Access::write);
    write(SessionFile{*store, "acme"}, "fresh");
    EXPECT_EQ((*SessionFile(*store, "acme").read())->reveal(), "fresh");
}

TEST_F(Sessions, that_are_damaged_count_as_none) {
    const SessionFile file{*store, "acme"};
    write(file, "one");
    for (const std::string& bytes : {std::string{}, std::string{"x"}, std::string(5'000, '\1')}) {
        std::ofstream{sessions() / "acme", std::ios::binary} << bytes;
        const auto read = file.read();
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_FALSE(*read);
    }
    write(file, "two");
    EXPECT_EQ((*file.read())->reveal(), "two");
}

TEST_F(Sessions, have_one_lock_for_all_threads_that_a_stop_ends_the_waiting_for) {
    const SessionFile file{*store, "acme"};
    std::atomic<int> inside = 0;
    std::atomic<int> rounds = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (int round = 0; round < 5; ++round) {
                    const auto lock = SessionFile{*store, "acme"}.lock(clock, {});
                    EXPECT_EQ(++inside, 1);
                    ++rounds;
                    --inside;
                }
            });
        }
    }
    EXPECT_EQ(rounds, 20);
    const auto held = *file.lock(clock, {});
    EXPECT_TRUE(SessionFile(*store, "other").lock(clock, {}));
    std::stop_source stopped;
    stopped.request_stop();
    const auto waited = file.lock(clock, {.stop = stopped.get_token()});
    ASSERT_FALSE(waited);
    EXPECT_EQ(waited.error().kind, ErrorKind::cancelled);
}

TEST_F(Sessions, of_a_process_that_was_killed_are_whole_and_free) {
    const SessionFile file{*store, "acme"};
    write(file, "before");
    for (int i = 0; i < 20; ++i) {
        const pid_t child = ::fork();
        if (child == 0) {
            const auto lock = file.lock(clock, {});
            for (;;) (void)file.write(Secret{std::string(2'000, 'x')}, **lock);
        }
        ASSERT_GT(child, 0);
        while (::access((sessions() / "acme.new").c_str(), F_OK) != 0 &&
               (*file.read())->reveal() == "before") {
        }
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        const std::string text = (*file.read())->reveal();
        EXPECT_TRUE(text == "before" || text == std::string(2'000, 'x')) << text.size();
        EXPECT_TRUE(file.lock(clock, Call{}.within(std::chrono::seconds{5})));
    }
}

TEST_F(Sessions, that_cant_be_written_say_where_and_why) {
    std::ofstream{sessions()} << "in the way";
    const auto refused = SessionFile{*store, "acme"}.lock(clock, {});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, testing::HasSubstr("koppla.db-sessions"));
}

}  // namespace
}  // namespace koppla
