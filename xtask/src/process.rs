//! Child processes: each is printed before it runs, and its failure is a sentence.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use crate::Outcome;

/// Runs to the end with the terminal as it is.
pub(crate) fn run(command: &mut Command) -> Outcome {
    announce(command);
    let status = command.status().map_err(|why| not_started(command, &why))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` failed ({status})", line(command))) }
}

/// Runs to the end, shows standard output as it comes, and returns it with whether the child succeeded.
pub(crate) fn run_and_read(command: &mut Command) -> Outcome<(bool, String)> {
    announce(command);
    let mut child =
        command.stdout(Stdio::piped()).spawn().map_err(|why| not_started(command, &why))?;
    let mut seen = String::new();
    if let Some(stdout) = child.stdout.take() {
        let mut lines = BufReader::new(stdout);
        let mut bytes = Vec::new();
        while lines.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
            let text = String::from_utf8_lossy(&bytes);
            print!("{text}");
            // A reader that went away (`| head`) is no reason to stop the tests.
            let _ = std::io::stdout().flush();
            seen += &text;
            bytes.clear();
        }
    }
    let status = child.wait().map_err(|why| not_started(command, &why))?;
    Ok((status.success(), seen))
}

/// What a quick, silent child prints, where it can be started and succeeds.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

/// The command as one would type it.
fn line(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut words =
        vec![program.file_stem().unwrap_or(command.get_program()).to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| {
        let word = word.to_string_lossy().into_owned();
        if word.contains(char::is_whitespace) { format!("'{word}'") } else { word }
    }));
    words.join(" ")
}

fn announce(command: &Command) {
    println!("\n$ {}", line(command));
}

fn not_started(command: &Command, why: &std::io::Error) -> String {
    format!("`{}` could not be run: {why}", line(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_printed_as_one_would_type_it() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["test", "--test", "two words"]);
        assert_eq!(line(&command), "cargo test --test 'two words'");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        assert_eq!(answer(&mut Command::new("no-such-program")), None);
        let why = run(&mut Command::new("no-such-program")).unwrap_err();
        assert!(why.contains("`no-such-program` could not be run"), "{why}");
    }
}
