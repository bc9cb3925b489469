import { useSubscription } from 'urql';
import { graphql } from './gql';

// What others write, with all that the app shows of it, so that the cache is up to date. What is new or gone belongs to
// lists, which the cache reads again (see client.ts).

const OfUsers = graphql(`
  subscription ChangesOfUsers {
    userChanged {
      kind
      id
      user {
        id
        ...UserLine
      }
    }
  }
`);

const OfPosts = graphql(`
  subscription ChangesOfPosts {
    postChanged {
      kind
      ownerId
      post {
        id
        ...PostCard
        owner {
          id
          ...UserLine
        }
      }
    }
  }
`);

const OfStudents = graphql(`
  subscription ChangesOfStudents {
    studentChanged {
      kind
      student {
        id
        ...StudentLine
      }
    }
  }
`);

const OfEnrollments = graphql(`
  subscription ChangesOfEnrollments {
    enrollmentChanged {
      kind
      studentId
      enrollment {
        id
        student {
          id
          ...StudentLine
          ...StudentCourses
        }
      }
    }
  }
`);

/** Listens to what others write for as long as it is there. The cache has what is told: nothing of it is kept here. */
export function Changes() {
  useSubscription({ query: OfPosts }, () => null);
  useSubscription({ query: OfStudents }, () => null);
  useSubscription({ query: OfEnrollments }, () => null);
  useSubscription({ query: OfUsers }, () => null);
  return null;
}
