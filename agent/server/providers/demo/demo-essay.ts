/** The texts that the demo plays: long enough to be stopped in the middle, and about what happens then. */

const reasoning = `The user wants something long, so there is time to press Stop. What would be worth reading meanwhile? \
The most fitting subject is the stop itself: what it has to reach, in which order, and what can go wrong.

Let me plan. First the claim: stopping is not one act but a chain of them. Then the chain, step by step. \
A table is good for comparing the things that can be running. Some code, because the idea behind it is small. \
Then the hard cases: a file that is half written, a process that ignores the request, a stop that arrives too late. \
I should end with what no stop can do, since a promise without its limits is not worth much.

One more thought: this reasoning is part of the demonstration. If the stop comes here, before a word of the answer is \
written, then these lines are what is kept. They stay in the conversation, marked, and the next message works as if nothing \
had happened. Enough planning; I begin to write.`;

const answer = `## What it takes to stop

*This text is scripted. It plays for about forty seconds; press Escape at any word.*

A stop button is easy to draw. What it promises is harder: that after the press nothing goes on. An agent is never one thing. \
While it answers, there is a connection to a model that produces words and costs money. There may be a shell with children, \
and children of those. There may be other agents that it sent out, each with a connection and a shell of its own. \
A button that only hides the words has stopped none of them.

### The chain

1. **The key.** One listener on the window hears Escape, whatever has the focus. If a dialog is open, that closes first.
2. **The page.** The button turns to *Stopping…* in the same frame. The page aborts its own request, and also sends the \
stop by name, because a proxy in between may hide that the connection was closed.
3. **The server.** It looks up the run and aborts its controller. There is one controller for each run, made in the moment in \
which the message was accepted, so there is no time in which a run exists and cannot be stopped.
4. **The model.** The abort reaches the socket to the model and closes it. The service sees the connection close and stops generating.
5. **The processes.** Everything that a command started is paused first, so that it can start nothing new, \
and then killed, children before parents. No kill is taken for granted: each process is checked until it is gone.
6. **The record.** What was written so far is kept and marked. Only then does the page say *stopped*.

The order of the last words matters. *Stopping* is a wish, *stopped* is a fact, and a program that mixes them up \
will tell you that all is quiet while a forgotten loop goes on deleting files.

### What can be running

| What runs | What a weak stop does | What has to happen | What is kept |
|---|---|---|---|
| The model, thinking | hides the answer | the socket is closed | the reasoning so far |
| The model, writing | stops drawing words | the socket is closed | every word that arrived |
| A command | ends the shell only | the whole tree of processes dies | the output so far |
| An edit of a file | leaves half a file | all of it or none of it | the old file, or the new one |
| A question to you | leaves it open for ever | the question is withdrawn | that it was asked |
| Other agents | forgets about them | each is stopped in the same way | what each had found |

### The idea in code

The whole thing rests on one object that the platform already has. A signal is made once and handed down by hand, as the last \
argument of everything that can take time:

\`\`\`ts
async function answer(message: string, signal: AbortSignal): Promise<void> {
  for await (const piece of model.stream(message, signal)) {
    show(piece);
  }
  signal.throwIfAborted();
}

const controller = new AbortController();
stopButton.onclick = () => controller.abort("the user pressed stop");
await answer("Write something long", controller.signal);
\`\`\`

There is one line that looks superfluous: the check after the loop. It is there because some streams end quietly when they are \
aborted. Without the check, half an answer would be taken for a whole one, and the next step would begin.

### Three hard cases

**The half-written file.** Suppose the stop comes while a file is being replaced. Writing in place would leave the beginning \
of the new text and the end of nothing. So the new text goes to a temporary file beside the old one, is forced to the disk, \
and takes the old name in a single step. Before that step the stop wins, and the temporary file is removed. After it the \
edit has happened, and it is reported as done even though a stop came. To call it stopped would be a lie, and the \
next decision would be built on it.

**The process that ignores the request.** A program may ignore a polite request to end, deliberately or because it hangs. \
There is a request that cannot be ignored, and it goes to every process of the command. The difficulty is to find them all: \
a process may start another while we are looking. So each one is frozen as it is found, and the search is repeated until \
it finds no new one.

**The stop that is late.** You press Stop, and in the same instant the answer ends by itself. You send the next message, and now \
the old stop arrives. If it were addressed to *whatever is running*, it would hit the wrong answer. So every stop \
carries the name of its run. A late one finds nothing of that name, says so, and changes nothing.

### And afterwards

The conversation goes on. What was written before the stop is still there, followed by a mark that says who interrupted it. \
The model sees the mark as well, so it does not wonder why it broke off in the middle of a sentence. You can say \
*go on*, or *no, the other way*, and both make sense to it. Try it: press Stop somewhere in this text, send any message, \
and the first line of the reply will tell you what I can see of the interrupted one.

### What no stop can do

- It cannot take back what has already happened: a mail that was sent, a row that was deleted.
- It cannot reach work that was handed to another service, such as a container daemon or a scheduler.
- It cannot promise anything about a program that runs as another user.

In each of these cases the honest thing is to say it by name. That is also the reason why a stop ends with a receipt, \
and not with silence.

That was all. If you are reading this line, you have not pressed Stop; the other scenes are waiting.`;

const travel = `A stop begins as a key press and ends as a record. In between it changes its shape several times, and each \
shape is small enough to be checked.

First it is an event in a page. The page marks what it shows and passes the request on. Then it is a request with the name of a \
run in it. The server turns the name into a controller and the controller into a signal, and from there on \
nothing has to be asked again: everything that waits does so under that signal and learns of it at once.

For a subagent like me there is a link in between. My signal was made from my parent's when I was started. If my parent is \
stopped, so am I, and so is the shell that I may have open. If only I am stopped, by the button on my card, my parent and \
the others go on, and my parent gets what I had written up to then, with a mark behind it. It can then \
decide whether half a result is enough, or whether to start another subagent.

What must not happen is the opposite direction: a subagent that was stopped and reports later, waking up a parent that has \
long been quiet. So a subagent that has been stopped says nothing more, and a parent that has settled takes no more reports.

There is a last detail which is easily overlooked. Suppose the stop comes while I am being started, before my first word. \
Then there is nothing to cancel yet, and a careless program would let me start. Here I start under a signal that has \
already fired, and I end before I begin.

And one more, which is a matter of manners. Something has to wait for all of this: for the socket to close, for the last \
process to be gone, for the last line to be written. It would be quicker to say *stopped* at once and to clean up in the \
background. Usually nobody would notice. But the next message may come within a second, and it may start the same server on the \
same port, or edit the same file, and then it shows. So the wait is part of the stop, it is shown as what it \
is, and it is kept short by doing everything at the same time.

That is the whole journey. My parent gets this text as the result of its call, and decides what to do with it.`;

const limits = `Here is what I make of it. A list of files says little about what they are for, and I am a script, so I \
shall not pretend to have understood them. What I can show is how a researcher works: it looks, it reads, it writes down \
what it found, and it changes nothing.

If you stop me now, these sentences remain, and my parent is told that they are not the whole of it. My two siblings do \
not notice. That is the reason for having a button on every card: most of the time one of three is on the wrong track, and \
there is no need to end the other two because of it.

Some things I noticed on the way, about looking for things in general. A search should leave out what the project itself \
leaves out, or the answer drowns in copies of other people's code. It should say how much it did not show, because a \
list that ends without a word is taken for the whole. And it should be possible to cancel it: a search through a large \
disk is a process like any other, and a stop ends it like any other.

There is also the question of where to look. Inside the working directory I may read what I like. Outside of it \
the user is asked first, and a link inside that points outside counts as outside, however innocent its name may be.

I go on for a little while, so that there is time to try. A good report has an end, so this is mine: \
nothing was changed, nothing is left running, and what I have seen is written above.`;

const plan = `My task is to explain how a stop travels. I should follow it from the key to the record, and say what is \
special about being a subagent: a signal that comes from the parent, siblings that must not be disturbed, a result that may be \
half of one. I need no tool for that. I shall write it down in order.`;

export const essay = { reasoning, answer, plan, travel, limits };
